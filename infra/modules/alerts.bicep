// The alerts. Logs and metrics of the app are in the workspace; Redis and MySQL have their own.

param namePrefix string
param location string
param tags object
param workspaceId string
param redisId string
param mySqlId string

@description('QUOTA_QUEUE_CAP.')
param queueCap int

@description('Answers of 500 and above in five minutes that are worth a message.')
param serverErrorThreshold int

@description('E-mail addresses that get the alerts; empty = alerts are shown in the portal only.')
param emailAddresses string[]

resource actions 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emailAddresses)) {
  name: 'ag-${namePrefix}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'FlowQuota'
    enabled: true
    emailReceivers: [for (address, index) in emailAddresses: {
      name: 'operator-${index}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

var actionGroupIds = empty(emailAddresses) ? [] : [actions.id]

// Each query returns rows if there is a problem, and none otherwise. The metric comes first, because metrics are never sampled.
var logAlerts = [
  {
    name: 'backlog'
    severity: 2
    title: 'Backlog above its cap'
    description: 'More waits for SQL than QUOTA_QUEUE_CAP. See docs/operations.md, "Deductions do not take effect in SQL".'
    query: 'union (AppMetrics | where Name == "flowquota.backlog" and Sum / ItemCount > ${queueCap} | project TimeGenerated), (AppTraces | where Message startswith "Backlog above its cap" | project TimeGenerated)'
    threshold: 0
  }
  {
    name: 'poison'
    severity: 3
    title: 'A doorbell was poisoned'
    description: 'A drain failed five times for one doorbell. Nothing is lost, the sweep drains; but a drain should not fail.'
    query: 'AppTraces | where Message startswith "Message has reached MaxDequeueCount" and Message has "flow-quota-"'
    threshold: 0
  }
  {
    name: 'dead-letters'
    severity: 2
    title: 'Audit records were set aside'
    description: 'SQL refused the content of audit records; they are in quota_dead_letters with the reason.'
    query: 'AppTraces | where Message startswith "An audit record was set aside" or Message startswith "A damaged audit event was set aside"'
    threshold: 0
  }
  {
    name: 'not-given-back'
    severity: 2
    title: 'A consumed unit could not be given back'
    description: 'The platform failed after an admission while Redis was away; the message names the token to recharge.'
    query: 'AppTraces | where Message has "could not be given back" and Message has "recharge it by hand"'
    threshold: 0
  }
  {
    name: 'server-errors'
    severity: 1
    title: 'Answers of 500 and above'
    description: 'Callers are answered with server errors. See docs/operations.md, "Troubleshooting".'
    query: 'AppMetrics | where Name == "http.server.request.duration" and toint(Properties["http.response.status_code"]) >= 500 | summarize Answers = sum(ItemCount) | where Answers > ${serverErrorThreshold}'
    threshold: 0
  }
]

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for alert in logAlerts: {
  name: 'sqr-${namePrefix}-${alert.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'FlowQuota: ${alert.title}'
    description: alert.description
    severity: alert.severity
    enabled: true
    scopes: [
      workspaceId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      allOf: [
        {
          query: alert.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: alert.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    // The tables are created by the first telemetry.
    skipQueryValidation: true
    autoMitigate: true
    actions: {
      actionGroups: actionGroupIds
    }
  }
}]

var metricAlerts = [
  {
    name: 'redis-memory'
    severity: 1
    title: 'Redis memory above 80 %'
    description: 'Nothing is evicted: a full Redis refuses writes, and calls are answered 503. Choose a larger SKU.'
    resourceId: redisId
    resourceType: 'Microsoft.Cache/redisEnterprise'
    metric: 'usedmemorypercentage'
    threshold: 80
  }
  {
    name: 'mysql-storage'
    severity: 2
    title: 'MySQL storage above 85 %'
    description: 'It grows by itself up to the limit of its tier. Is log cleanup running?'
    resourceId: mySqlId
    resourceType: 'Microsoft.DBforMySQL/flexibleServers'
    metric: 'storage_percent'
    threshold: 85
  }
]

resource metricAlert 'Microsoft.Insights/metricAlerts@2026-01-01' = [for alert in metricAlerts: {
  name: 'ma-${namePrefix}-${alert.name}'
  location: 'global'
  tags: tags
  properties: {
    description: '${alert.title}. ${alert.description}'
    severity: alert.severity
    enabled: true
    scopes: [
      alert.resourceId
    ]
    targetResourceType: alert.resourceType
    targetResourceRegion: location
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: alert.name
          metricName: alert.metric
          metricNamespace: alert.resourceType
          operator: 'GreaterThan'
          threshold: alert.threshold
          timeAggregation: 'Maximum'
        }
      ]
    }
    autoMitigate: true
    actions: [for id in actionGroupIds: {
      actionGroupId: id
    }]
  }
}]
