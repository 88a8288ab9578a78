// A virtual network for the app, MySQL and the private endpoint of Redis.

param name string
param location string
param tags object

@description('Address space, /22 or larger.')
param addressPrefix string

// Built from the name, as the service wants it: the zone must end with this, and must not be the server's own name.
var mySqlZoneName = 'flowquota.private.mysql.database.azure.com'

// The subnets are declared within the network. As resources of their own they would be removed, and the removal refused, at
// the next deployment of the network alone.
resource network 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 0)
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'mysql'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 1)
          delegations: [
            {
              name: 'mysql'
              properties: {
                serviceName: 'Microsoft.DBforMySQL/flexibleServers'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 2)
        }
      }
    ]
  }

  resource appSubnet 'subnets' existing = {
    name: 'app'
  }
  resource mySqlSubnet 'subnets' existing = {
    name: 'mysql'
  }
  resource endpointSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource mySqlZone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: mySqlZoneName
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: name
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
}

output id string = network.id
output appSubnetId string = network::appSubnet.id
output mySqlSubnetId string = network::mySqlSubnet.id
output endpointSubnetId string = network::endpointSubnet.id
output mySqlZoneId string = mySqlZone.id
