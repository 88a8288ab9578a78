// The identity of GitHub Actions: no secret, and rights on this Function App only.

param name string
param location string
param tags object
param functionAppName string

@description('owner/name')
param repository string

@description('The GitHub environment whose jobs may sign in; its protection rules decide who may deploy.')
param gitHubEnvironment string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags

  resource trust 'federatedIdentityCredentials' = {
    name: 'github-${gitHubEnvironment}'
    properties: {
      issuer: 'https://token.actions.githubusercontent.com'
      subject: 'repo:${repository}:environment:${gitHubEnvironment}'
      audiences: [
        'api://AzureADTokenExchange'
      ]
    }
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

var websiteContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'de139f84-1756-47ae-9be6-808fbbe84772')

resource deploy 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(app.id, identity.id, websiteContributor)
  scope: app
  properties: {
    roleDefinitionId: websiteContributor
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

output clientId string = identity.properties.clientId
