// MySQL flexible server, the database, and the connection string as a secret.

import { mySqlSettings } from 'types.bicep'

param name string
param location string
param tags object
param settings mySqlSettings

param administratorLogin string

@secure()
param administratorPassword string

@description('The account of the app. If it is not the administrator, docs/operations.md explains how to create it.')
param appLogin string

@secure()
param appPassword string

@description('In the delegated subnet, with no public access; otherwise reachable from Azure services only.')
param isPrivate bool

@description('Delegated subnet; empty if not private.')
param subnetId string

@description('Private DNS zone for the subnet; empty if not private.')
param privateDnsZoneId string

@description('The Key Vault that keeps the connection string.')
param vaultName string

var databaseName = 'flowquota'

resource server 'Microsoft.DBforMySQL/flexibleServers@2024-12-30' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: settings.skuName
    tier: settings.tier
  }
  properties: {
    version: '8.4'
    administratorLogin: administratorLogin
    administratorLoginPassword: administratorPassword
    storage: {
      storageSizeGB: settings.storageSizeGB
      autoGrow: 'Enabled'
      autoIoScaling: 'Enabled'
    }
    backup: {
      backupRetentionDays: settings.backupRetentionDays
      geoRedundantBackup: settings.geoRedundantBackup ? 'Enabled' : 'Disabled'
    }
    highAvailability: {
      mode: settings.zoneRedundant ? 'ZoneRedundant' : 'Disabled'
    }
    network: isPrivate
      ? {
          delegatedSubnetResourceId: subnetId
          privateDnsZoneResourceId: privateDnsZoneId
        }
      : {
          publicNetworkAccess: 'Enabled'
        }
  }

  resource database 'databases' = {
    name: databaseName
    properties: {
      charset: 'utf8mb4'
      collation: 'utf8mb4_bin'
    }
  }
}

// One after the other: the server takes one change at a time.
resource secureTransport 'Microsoft.DBforMySQL/flexibleServers/configurations@2024-12-30' = {
  parent: server
  name: 'require_secure_transport'
  properties: {
    value: 'ON'
    source: 'user-override'
  }
  dependsOn: [
    server::database
  ]
}

resource timeZone 'Microsoft.DBforMySQL/flexibleServers/configurations@2024-12-30' = {
  parent: server
  name: 'time_zone'
  properties: {
    // The runbook's CURDATE() must mean the day of the stored times, which are UTC.
    value: '+00:00'
    source: 'user-override'
  }
  dependsOn: [
    secureTransport
  ]
}

resource azureServices 'Microsoft.DBforMySQL/flexibleServers/firewallRules@2024-12-30' = if (!isPrivate) {
  parent: server
  name: 'azure-services'
  properties: {
    // This pair of addresses means: from within Azure.
    startIpAddress: '0.0.0.0'
    endIpAddress: '0.0.0.0'
  }
  dependsOn: [
    timeZone
  ]
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource connection 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'mysql-connection'
  properties: {
    value: 'Server=${server.properties.fullyQualifiedDomainName};Port=3306;Database=${databaseName};User ID=${appLogin};Password=\'${replace(appPassword, '\'', '\'\'')}\';SslMode=VerifyFull;Maximum Pool Size=${settings.connectionsPerInstance}'
    contentType: 'MYSQL_CONNECTION'
  }
}

output id string = server.id
output hostName string = server.properties.fullyQualifiedDomainName
