// The Function App on Flex Consumption.

import { appSettings, scaleSettings } from 'types.bicep'

param name string
param planName string
param location string
param tags object
param scale scaleSettings
param settings appSettings
param redisPartitions int

@description('Further app settings by name, from docs/settings.md.')
param extraSettings object

@description('The identity under which the app runs.')
param identityName string

@description('Subnet for outgoing calls; empty = none.')
param subnetId string

param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param deploymentContainerUrl string
param vaultUri string
param applicationInsightsConnectionString string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // The tag by which azd finds the app.
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: scale.instanceMemoryMB
        maximumInstanceCount: scale.maximumInstances
        alwaysReady: scale.alwaysReadyHttp == 0
          ? []
          : [
              {
                name: 'http'
                instanceCount: scale.alwaysReadyHttp
              }
            ]
        triggers: {
          http: {
            perInstanceConcurrency: scale.httpPerInstance
          }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      ftpsState: 'Disabled'
    }
  }

  resource appsettings 'config' = {
    name: 'appsettings'
    properties: union(extraSettings, {
      AzureWebJobsStorage__blobServiceUri: blobEndpoint
      AzureWebJobsStorage__queueServiceUri: queueEndpoint
      AzureWebJobsStorage__tableServiceUri: tableEndpoint
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.properties.clientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
      AZURE_CLIENT_ID: identity.properties.clientId

      // Without a version: a new one is used within a day, or at once after a restart.
      ADMIN_TOKEN: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/admin-token)'
      TOKEN_PEPPER: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/token-pepper)'
      REDIS_CONNECTION: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/redis-connection)'
      MYSQL_CONNECTION: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/mysql-connection)'

      // A little above EXECUTE_MAX_BODY_BYTES: the host parses a JSON body for its bindings before the app sees it.
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '3145728'

      REDIS_PARTITIONS: string(redisPartitions)
      DATABASE_MIGRATE: string(settings.migrateDatabase)
      QUOTA_QUEUE_CAP: string(settings.queueCap)
      QUOTA_CLEANUP_RETENTION_DAYS: string(settings.logRetentionDays)
      USAGE_RETENTION_DAYS: string(settings.usageRetentionDays)
      FLOW_TIME_ZONE: settings.timeZone
    })
  }

  // Deployments sign in with Entra ID; there are no publishing passwords to leak.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }
  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

output id string = app.id
output url string = 'https://${app.properties.defaultHostName}'
