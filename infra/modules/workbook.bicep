// The operators' workbook: ../workbook.json over the workspace of this environment.

@description('Shown in the portal.')
param displayName string
param location string
param tags object
param workspaceId string
param redisId string
param mySqlId string

var content = reduce(
  items({
    __WORKSPACE__: workspaceId
    __REDIS__: redisId
    __MYSQL__: mySqlId
  }),
  loadTextContent('../workbook.json'),
  (text, entry) => replace(text, entry.key, entry.value)
)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'flowquota-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    sourceId: workspaceId
    serializedData: content
    version: '1.0'
  }
}

output id string = workbook.id
