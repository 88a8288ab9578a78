// Azure Managed Redis, and its connection string as a secret. On the clustering policy see docs/decisions/0009.

import { redisSettings } from 'types.bicep'

param name string
param location string
param tags object
param settings redisSettings

@description('Reachable through a private endpoint alone.')
param isPrivate bool

@description('The Key Vault that keeps the connection string.')
param vaultName string

resource cluster 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: settings.sku
  }
  properties: {
    minimumTlsVersion: '1.2'
    highAvailability: settings.highAvailability ? 'Enabled' : 'Disabled'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: cluster
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    port: 10000
    // All keys of one admission must be on one shard. With one partition they carry no hash tag, so there may be no
    // second shard; EnterpriseCluster hides shards from the client, but a script over two of them fails all the same.
    clusteringPolicy: settings.partitions == 1 ? 'NoCluster' : 'OSSCluster'
    // A quota that Redis evicts is loaded from SQL again; that must be an exception, not a policy.
    evictionPolicy: 'NoEviction'
    persistence: {
      aofEnabled: true
      aofFrequency: '1s'
    }
    // The app signs in with the key of its connection string; it has no Entra sign-in for Redis.
    accessKeysAuthentication: 'Enabled'
  }
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource connection 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'redis-connection'
  properties: {
    value: '${cluster.properties.hostName}:${database.properties.port},password=${database.listKeys().primaryKey},ssl=true,abortConnect=false'
    contentType: 'REDIS_CONNECTION'
  }
}

output id string = cluster.id
output hostName string = cluster.properties.hostName
