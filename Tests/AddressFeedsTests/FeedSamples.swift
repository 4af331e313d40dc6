/// Feeds as their publishers write them, shortened.
enum FeedSamples {
    static let aws = """
        {
          "syncToken": "1763900000",
          "createDate": "2026-11-23-10-00-00",
          "prefixes": [
            {
              "ip_prefix": "3.4.12.4/32",
              "region": "eu-west-1",
              "service": "AMAZON",
              "network_border_group": "eu-west-1"
            },
            {
              "ip_prefix": "3.5.140.0/22",
              "region": "ap-northeast-2",
              "service": "AMAZON",
              "network_border_group": "ap-northeast-2"
            },
            {
              "ip_prefix": "3.5.140.0/22",
              "region": "ap-northeast-2",
              "service": "S3",
              "network_border_group": "ap-northeast-2"
            },
            {
              "ip_prefix": "3.5.140.0/22",
              "region": "ap-northeast-2",
              "service": "EC2",
              "network_border_group": "ap-northeast-2"
            }
          ],
          "ipv6_prefixes": [
            {
              "ipv6_prefix": "2600:1ff2:4000::/40",
              "region": "us-west-2",
              "service": "EC2",
              "network_border_group": "us-west-2"
            }
          ]
        }
        """

    static let azure = """
        {
          "changeNumber": 321,
          "cloud": "Public",
          "values": [
            {
              "name": "AzureCloud.westeurope",
              "id": "AzureCloud.westeurope",
              "properties": {
                "changeNumber": 57,
                "region": "westeurope",
                "regionId": 18,
                "platform": "Azure",
                "systemService": "",
                "addressPrefixes": [ "13.69.0.0/17", "20.38.108.0/23", "2603:1020:200::/46" ],
                "networkFeatures": null
              }
            },
            {
              "name": "Storage.WestEurope",
              "id": "Storage.WestEurope",
              "properties": {
                "changeNumber": 9,
                "region": "westeurope",
                "regionId": 18,
                "platform": "Azure",
                "systemService": "AzureStorage",
                "addressPrefixes": [ "20.38.108.0/23" ],
                "networkFeatures": [ "API", "NSG", "UDR", "FW" ]
              }
            }
          ]
        }
        """

    static let googleCloud = """
        {
          "syncToken": "1763900000000",
          "creationTime": "2026-11-23T02:00:00.123456",
          "prefixes": [{
            "ipv4Prefix": "34.1.208.0/20",
            "service": "Google Cloud",
            "scope": "africa-south1"
          }, {
            "ipv6Prefix": "2600:1900:4010::/44",
            "service": "Google Cloud",
            "scope": "europe-west1"
          }]
        }
        """

    static let google = """
        {"syncToken":"1","creationTime":"2026-11-23T02:00:00","prefixes":\
        [{"ipv4Prefix":"8.8.4.0/24"},{"ipv6Prefix":"2001:4860::/32"}]}
        """
}
