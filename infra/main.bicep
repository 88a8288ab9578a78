// FlowQuota in Azure: a resource group with all its resources. Compile and lint with infra/check_bicep.sh.
//
//   azd up                                                                         (dev)
//   az deployment sub create --location <region> --parameters infra/prod.bicepparam
targetScope = 'subscription'

import { appSettings, mySqlSettings, redisSettings, scaleSettings } from 'modules/types.bicep'

@minLength(2)
@maxLength(16)
@description('Name of the environment, such as dev or prod; part of the names and a tag of every resource.')
param environmentName string

@description('Region. Flex Consumption is not in every one: az functionapp list-flexconsumption-locations')
param location string = deployment().location

@description('Tags beside those that are set here.')
param extraTags object = {}

@secure()
@minLength(24)
@description('ADMIN_TOKEN: one or more of at least 24 characters, separated by commas.')
param adminTokens string

@secure()
@minLength(32)
@description('TOKEN_PEPPER: at least 32 characters. Never change it while tokens are in use.')
param tokenPepper string

@description('Administrator of MySQL.')
param mySqlAdministratorLogin string

@secure()
@minLength(12)
@description('Password of the same.')
param mySqlAdministratorPassword string

@description('The account of the app; empty = the administrator, for a first start.')
param mySqlAppLogin string = ''

@secure()
@description('Password of the same.')
param mySqlAppPassword string = ''

@description('MySQL and Redis in a virtual network of their own, with no public access.')
param usePrivateNetwork bool

@description('Address space of that network, /22 or larger.')
param networkPrefix string = '10.80.0.0/22'

@description('Purge protection of the Key Vault, and zone-redundant storage.')
param isProduction bool

@minValue(30)
@maxValue(730)
param telemetryRetentionDays int

param scale scaleSettings
param redis redisSettings
param mySql mySqlSettings
param app appSettings

@description('Further app settings by name, from docs/settings.md; for example { EXECUTE_TIMEOUT_MS: \'2000\' }.')
param extraSettings object = {}

@description('E-mail addresses that get the alerts.')
param alertEmailAddresses string[] = []

@description('owner/name of the GitHub repository whose workflow deploys; empty = none.')
param gitHubRepository string = ''

// The same environment in the same region has the same names, whoever deploys it.
var token = uniqueString(subscription().id, environmentName, location)
var suffix = '${environmentName}-${token}'
var identityName = 'id-flowquota-${suffix}'
var functionAppName = 'func-flowquota-${suffix}'
// At most 24 characters, and the name of a deleted vault stays taken.
var vaultName = 'kv-flowquota-${take(token, 11)}'
var tags = union(extraTags, {
  application: 'flowquota'
  environment: environmentName
  // The tag by which azd finds the resource group.
  'azd-env-name': environmentName
})

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-flowquota-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: identityName
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-flowquota-${suffix}'
    applicationInsightsName: 'appi-flowquota-${suffix}'
    location: location
    tags: tags
    retentionDays: telemetryRetentionDays
    senderName: identityName
  }
  dependsOn: [
    identity
  ]
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'stflowquota${token}'
    location: location
    tags: tags
    zoneRedundant: isProduction
    appIdentityName: identityName
  }
  dependsOn: [
    identity
  ]
}

module keyVault 'modules/keyvault.bicep' = {
  name: 'keyvault'
  scope: group
  params: {
    name: vaultName
    location: location
    tags: tags
    purgeProtection: isProduction
    appIdentityName: identityName
    adminTokens: adminTokens
    tokenPepper: tokenPepper
  }
  dependsOn: [
    identity
  ]
}

module network 'modules/network.bicep' = if (usePrivateNetwork) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-flowquota-${suffix}'
    location: location
    tags: tags
    addressPrefix: networkPrefix
  }
}

module redisCache 'modules/redis.bicep' = {
  name: 'redis'
  scope: group
  params: {
    name: 'amr-flowquota-${suffix}'
    location: location
    tags: tags
    settings: redis
    isPrivate: usePrivateNetwork
    vaultName: vaultName
  }
  dependsOn: [
    keyVault
  ]
}

module redisEndpoint 'modules/redis-endpoint.bicep' = if (usePrivateNetwork) {
  name: 'redis-endpoint'
  scope: group
  params: {
    name: 'pep-flowquota-redis-${suffix}'
    location: location
    tags: tags
    redisId: redisCache.outputs.id
    networkId: network.?outputs.id ?? ''
    subnetId: network.?outputs.endpointSubnetId ?? ''
  }
}

module mySqlServer 'modules/mysql.bicep' = {
  name: 'mysql'
  scope: group
  params: {
    name: 'mysql-flowquota-${suffix}'
    location: location
    tags: tags
    settings: mySql
    administratorLogin: mySqlAdministratorLogin
    administratorPassword: mySqlAdministratorPassword
    appLogin: empty(mySqlAppLogin) ? mySqlAdministratorLogin : mySqlAppLogin
    appPassword: empty(mySqlAppLogin) ? mySqlAdministratorPassword : mySqlAppPassword
    isPrivate: usePrivateNetwork
    subnetId: network.?outputs.mySqlSubnetId ?? ''
    privateDnsZoneId: network.?outputs.mySqlZoneId ?? ''
    vaultName: vaultName
  }
  dependsOn: [
    keyVault
  ]
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: functionAppName
    planName: 'asp-flowquota-${suffix}'
    location: location
    tags: tags
    scale: scale
    settings: app
    redisPartitions: redis.partitions
    extraSettings: extraSettings
    identityName: identityName
    subnetId: network.?outputs.appSubnetId ?? ''
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    vaultUri: keyVault.outputs.uri
    applicationInsightsConnectionString: monitoring.outputs.connectionString
  }
  // Its settings refer to secrets that these write, and it must be able to reach them when it starts.
  dependsOn: [
    identity
    redisCache
    redisEndpoint
    mySqlServer
  ]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    namePrefix: 'flowquota-${environmentName}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    redisId: redisCache.outputs.id
    mySqlId: mySqlServer.outputs.id
    queueCap: app.queueCap
    serverErrorThreshold: 10
    emailAddresses: alertEmailAddresses
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    displayName: 'FlowQuota ${environmentName}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    redisId: redisCache.outputs.id
    mySqlId: mySqlServer.outputs.id
  }
}

module deployer 'modules/deployer.bicep' = if (!empty(gitHubRepository)) {
  name: 'deployer'
  scope: group
  params: {
    name: 'id-flowquota-deploy-${suffix}'
    location: location
    tags: tags
    functionAppName: functionAppName
    repository: gitHubRepository
    gitHubEnvironment: environmentName
  }
  dependsOn: [
    functionApp
  ]
}

// Upper case: azd keeps outputs as environment variables.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = functionAppName
output FLOWQUOTA_URL string = functionApp.outputs.url
output FLOWQUOTA_KEY_VAULT string = vaultName
output FLOWQUOTA_MYSQL_HOST string = mySqlServer.outputs.hostName
output FLOWQUOTA_REDIS_HOST string = redisCache.outputs.hostName
@description('AZURE_CLIENT_ID of the GitHub environment; empty = no deployer.')
output FLOWQUOTA_DEPLOYER_CLIENT_ID string = deployer.?outputs.clientId ?? ''
