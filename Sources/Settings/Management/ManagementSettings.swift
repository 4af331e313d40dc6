package import Addresses
import Policy
import Traffic

/// The management address: who reaches it how, and how people sign in there.
///
///     management:
///       listen: 127.0.0.1:7080
///       names: [ gateway.internal ]
///       trustedProxies: [ 10.0.0.5 ]
///       accounts: { idle: 8h, maximum: 7d, secondFactor: required }
package struct ManagementSettings: Hashable, Sendable {
    /// Where the API, `/metrics` and the health pages answer; `nil` for nowhere.
    package var address: SocketAddress?
    /// Host names by which the address may be reached; addresses and `localhost` always may.
    package var names: [String] = []
    /// The reverse proxies and load balancers in front of the address, whose word for a client's
    /// address counts.
    package var trustedProxies: [CIDRBlock] = []
    /// The local socket's path; `nil` for the standard one.
    package var socket: String?
    package var accounts = AccountSettings()

    package init(address: SocketAddress? = nil) {
        self.address = address
    }
}

extension ManagementSettings {
    mutating func read(_ place: Place?) {
        _ = place?.mapping(insteadOfValue: "listen") { fields in
            let listen = fields.requiredPlace("listen")
            address = listen?.listenAddress()
            if let address, !address.ip.unmapped.isLoopback {
                listen?.warnOfOpenManagement(address)
            }
            names = fields.elements("names").compactMap { $0.scalar(HostName.self)?.text }
            let proxies = fields.place("trustedProxies")
            trustedProxies = proxies?.blocks() ?? []
            proxies?.refuseWideTrust(of: trustedProxies)
            socket = fields.optional("socket")
            accounts.read(fields.place("accounts"))
        }
    }
}

extension Place {
    /// The management address speaks plain HTTP, and takes keys.
    fileprivate func warnOfOpenManagement(_ address: SocketAddress) {
        let remedy =
            "listen on 127.0.0.1:\(address.port), or on an address of a network where nobody listens"
        if address.ip.unmapped.isUnspecified {
            warning(
                "\(address) listens on every network, without TLS: whoever is on the way can read the"
                    + " keys of its clients",
                remedy: remedy
            )
        } else if !address.ip.unmapped.isPrivate {
            warning(
                "\(address) may be reachable from the internet, and has no TLS: whoever is on the way"
                    + " can read the keys of its clients",
                remedy: remedy
            )
        }
    }
}

extension Place {
    /// Any union of blocks counts: 0.0.0.0/1 and 128.0.0.0/1 cover everything.
    fileprivate func refuseWideTrust(of blocks: [CIDRBlock]) {
        for openness in AddressOpenness.all(of: blocks) {
            error(
                "\(openness.subject) could forge its address",
                remedy: "list the proxies' own addresses only"
            )
        }
    }
}

extension IPAddress {
    /// Of no use in the internet: RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 §2.5.6.
    fileprivate var isPrivate: Bool {
        switch self {
        case .v4(let v4):
            switch v4.bits {
            case 0x0a00_0000...0x0aff_ffff, 0xac10_0000...0xac1f_ffff, 0xc0a8_0000...0xc0a8_ffff,
                0x6440_0000...0x647f_ffff, 0xa9fe_0000...0xa9fe_ffff:
                true
            default: false
            }
        case .v6(let v6): v6.high >> 57 == 0x7e || v6.high >> 54 == 0x3fa
        }
    }
}
