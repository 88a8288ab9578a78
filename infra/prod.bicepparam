// Production: standbys in other zones, private stores, no account with more rights than it needs.
using 'main.bicep'

param environmentName = 'prod'
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')

param adminTokens = readEnvironmentVariable('FLOWQUOTA_ADMIN_TOKEN')
param tokenPepper = readEnvironmentVariable('FLOWQUOTA_TOKEN_PEPPER')
param mySqlAdministratorLogin = readEnvironmentVariable('FLOWQUOTA_MYSQL_ADMIN_LOGIN', 'fqadmin')
param mySqlAdministratorPassword = readEnvironmentVariable('FLOWQUOTA_MYSQL_ADMIN_PASSWORD')
// Empty until the account was created (docs/operations.md, "The database").
param mySqlAppLogin = readEnvironmentVariable('FLOWQUOTA_MYSQL_APP_LOGIN', '')
param mySqlAppPassword = readEnvironmentVariable('FLOWQUOTA_MYSQL_APP_PASSWORD', '')

param isProduction = true
param usePrivateNetwork = true
param telemetryRetentionDays = 90

param scale = {
  instanceMemoryMB: 4096
  maximumInstances: 40
  httpPerInstance: 100
  alwaysReadyHttp: 2
}

param redis = {
  sku: 'Balanced_B5'
  highAvailability: true
  partitions: 1
}

param mySql = {
  skuName: 'Standard_D2ads_v5'
  tier: 'GeneralPurpose'
  storageSizeGB: 128
  backupRetentionDays: 35
  geoRedundantBackup: true
  zoneRedundant: true
  connectionsPerInstance: 20
}

param app = {
  logRetentionDays: 180
  usageRetentionDays: 800
  timeZone: 'UTC'
  queueCap: 10000
  // True for the first start and for upgrades, unless a DBA runs the migrations (docs/operations.md).
  migrateDatabase: toLower(readEnvironmentVariable('FLOWQUOTA_DATABASE_MIGRATE', 'false')) == 'true'
}

param alertEmailAddresses = filter(
  split(readEnvironmentVariable('FLOWQUOTA_ALERT_EMAILS', ''), ','),
  address => !empty(address)
)
param gitHubRepository = readEnvironmentVariable('FLOWQUOTA_GITHUB_REPOSITORY', '')
