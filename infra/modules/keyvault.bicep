// The secrets of the app. The app may read them; operators grant the right to change them (Key Vault Secrets Officer).

param name string
param location string
param tags object

@description('A deleted vault and its secrets can be restored, and cannot be purged before the retention ends. Cannot be turned off again.')
param purgeProtection bool

@description('The identity under which the app runs.')
param appIdentityName string

@secure()
param adminTokens string

@secure()
param tokenPepper string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: purgeProtection ? 90 : 7
    // The service refuses false; it accepts null.
    enablePurgeProtection: purgeProtection ? true : null
  }

  resource adminTokenSecret 'secrets' = {
    name: 'admin-token'
    properties: {
      value: adminTokens
      contentType: 'ADMIN_TOKEN: admin tokens, separated by commas'
    }
  }

  resource pepperSecret 'secrets' = {
    name: 'token-pepper'
    properties: {
      value: tokenPepper
      contentType: 'TOKEN_PEPPER: every token made under another one is refused'
    }
  }
}

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentityName
}

var keyVaultSecretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

resource read 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appIdentity.id, keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: keyVaultSecretsUser
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

output uri string = vault.properties.vaultUri
