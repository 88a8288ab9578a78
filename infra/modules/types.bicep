// The settings of an environment that belong together; the values of each are in dev.bicepparam and prod.bicepparam.

@export()
@description('How the Function App scales.')
type scaleSettings = {
  @description('Memory of one instance in MB; 2048 and 4096 have one and two cores.')
  instanceMemoryMB: 512 | 2048 | 4096

  @minValue(1)
  @maxValue(1000)
  @description('Most instances. Each keeps up to mySql.connectionsPerInstance connections to MySQL.')
  maximumInstances: int

  @minValue(1)
  @maxValue(1000)
  @description('HTTP calls that run at once in one instance before another is started.')
  httpPerInstance: int

  @minValue(0)
  @maxValue(100)
  @description('Instances for HTTP that always run; 0 = scale to zero, and the first call waits for a cold start.')
  alwaysReadyHttp: int
}

@export()
@description('Azure Managed Redis.')
type redisSettings = {
  @description('For example Balanced_B0 (0.5 GB), Balanced_B5 (6 GB). One partition can have up to 25 GB.')
  sku: string

  @description('With a replica, which takes over when the primary fails.')
  highAvailability: bool

  @minValue(1)
  @maxValue(1024)
  @description('REDIS_PARTITIONS. Above 1 the cache is a cluster. Neither can be changed once tokens are in use.')
  partitions: int
}

@export()
@description('Azure Database for MySQL, flexible server.')
type mySqlSettings = {
  @description('For example Standard_B2s or Standard_D2ads_v5.')
  skuName: string

  tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized'

  @minValue(20)
  @maxValue(16384)
  @description('It grows by itself from there.')
  storageSizeGB: int

  @minValue(1)
  @maxValue(35)
  backupRetentionDays: int

  @description('Backups in the paired region too. Can be chosen at creation only.')
  geoRedundantBackup: bool

  @description('A standby in another zone. Not for the Burstable tier.')
  zoneRedundant: bool

  @minValue(2)
  @maxValue(500)
  @description('Maximum Pool Size. Times scale.maximumInstances it must stay below max_connections of the server.')
  connectionsPerInstance: int
}

@export()
@description('Settings of the app beside its connections; the rest has defaults (docs/settings.md) or comes in extraSettings.')
type appSettings = {
  @minValue(1)
  @maxValue(36500)
  logRetentionDays: int

  @minValue(1)
  @maxValue(36500)
  @description('USAGE_RETENTION_DAYS; usage outlives the log rows.')
  usageRetentionDays: int

  @description('IANA name.')
  timeZone: string

  @minValue(1)
  @description('QUOTA_QUEUE_CAP; the backlog alert uses it as its threshold too.')
  queueCap: int

  @description('DATABASE_MIGRATE.')
  migrateDatabase: bool
}
