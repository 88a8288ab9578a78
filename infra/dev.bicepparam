// A small environment at low cost: everything scales to zero or to its smallest size, nothing has a standby.
// azd up uses this one; secrets come from the environment (azd env set-secret, or export).
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')

param adminTokens = readEnvironmentVariable('FLOWQUOTA_ADMIN_TOKEN')
param tokenPepper = readEnvironmentVariable('FLOWQUOTA_TOKEN_PEPPER')
param mySqlAdministratorLogin = readEnvironmentVariable('FLOWQUOTA_MYSQL_ADMIN_LOGIN', 'fqadmin')
param mySqlAdministratorPassword = readEnvironmentVariable('FLOWQUOTA_MYSQL_ADMIN_PASSWORD')

param isProduction = false
param usePrivateNetwork = false
param telemetryRetentionDays = 30

param scale = {
  instanceMemoryMB: 2048
  maximumInstances: 40
  httpPerInstance: 100
  alwaysReadyHttp: 0
}

param redis = {
  sku: 'Balanced_B0'
  highAvailability: false
  partitions: 1
}

param mySql = {
  skuName: 'Standard_B2s'
  tier: 'Burstable'
  storageSizeGB: 20
  backupRetentionDays: 7
  geoRedundantBackup: false
  zoneRedundant: false
  connectionsPerInstance: 10
}

param app = {
  logRetentionDays: 30
  usageRetentionDays: 400
  timeZone: 'UTC'
  queueCap: 10000
  migrateDatabase: true
}
