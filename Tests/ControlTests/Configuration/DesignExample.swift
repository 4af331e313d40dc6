/// The example of the design, in which every interface is agreed on.
let designExample = """
    management:
      listen: 127.0.0.1:7080
    state: sluice.db                    # or etcd://host:2379/prefix
    policy: store                       # or file
    log: { level: info, format: json, access: stdout }
    limits: { connections: 100000, connectionsPerSource: 1000, connectRatePerSource: 200 }
    warehouses:
      - id: AWVA7CM7
        name: WH_Demo
        whitelist:
          mode: specific                # anywhere, nowhere, specific
          entries:
            - { cidr: 203.0.113.0/24, description: office }
            - { cidr: 203.0.113.66/32, action: deny, expires: 2027-01-01T00:00:00Z }
          files: [ office.cidrs ]       # one CIDR a line, then an optional comment
        listeners:
          - protocol: mysql             # mysql, http, tcp
            listen: 0.0.0.0:9030
            link: public                # public, private, outbound
            proxyProtocol: { accept: off, trusted: [], timeout: 5s }   # off, optional, required
            reject: error               # drop, error
            backends: [ { address: 127.0.0.1:3306 } ]
            sendProxyProtocol: v1       # off, v1, v2
          - protocol: mysql
            listen: 0.0.0.0:9031
            link: private               # admitted by endpoint, not by whitelist
            proxyProtocol: { accept: required, trusted: [10.0.0.0/24] }
            backends: [ { address: 127.0.0.1:3306 } ]
        endpointServices:
          - { id: vpce-svc-0a1b2c3d4e5f67890, cloud: aws, region: us-east-1, acceptance: manual,
              allowedPrincipals: [ "arn:aws:iam::123456789012:root" ] }
        endpoints:
          - { id: vpce-0123456789abcdef0, cloud: aws, state: available, description: reporting }
          - { id: "553665793", cloud: azure, state: pendingAcceptance }
    """
