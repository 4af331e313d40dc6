package import Addresses
import Policy
import Traffic

/// The management address: who reaches it how, and how people sign in there.
///
///     management:
///       listen: 127.0.0.1:7080
///       names: [ gateway.internal ]
///       trustedProxies: [ 10.0.0.5 ]
///       tls: { certificate: tls/fullchain.pem, key: tls/key.pem }
///       accounts: { idle: 8h, maximum: 7d, secondFactor: required }
///       url: https://gateway.example.com
///       singleSignOn: { name: Company, issuer: "https://login.example.com", … }
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
    package var tls: ManagementTLS
    /// Where the files of a certificate that the gateway makes are, without their extensions; `nil` if
    /// there is no place for them.
    package var certificateStem: String?
    package var accounts = AccountSettings()
    package var notices = NoticeSettings()
    /// Where browsers reach the address, without a path; `nil` if nobody has said.
    package var url: WebURL?
    /// Needs ``url``.
    package var singleSignOn: SingleSignOn?

    package init(address: SocketAddress? = nil) {
        self.address = address
        tls = .standard(for: address)
    }
}

extension ManagementSettings {
    mutating func read(_ place: Place?) {
        _ = place?.mapping(insteadOfValue: "listen") { fields in
            address = fields.requiredPlace("listen")?.listenAddress()
            tls = .decode(fields.place("tls"), for: address)
            names = fields.elements("names").compactMap { $0.scalar(HostName.self)?.text }
            let proxies = fields.place("trustedProxies")
            trustedProxies = proxies?.blocks() ?? []
            proxies?.refuseWideTrust(of: trustedProxies)
            socket = fields.optional("socket")
            accounts.read(fields.place("accounts"))
            notices.read(fields.place("notices"))
            readSingleSignOn(&fields)
        }
    }
}

extension ManagementSettings {
    private mutating func readSingleSignOn(_ fields: inout Fields) {
        let urlPlace = fields.place("url")
        if let given: WebURL = urlPlace?.scalar() {
            url = given.origin
            if url == nil {
                urlPlace?.error("has a path", remedy: "write scheme, host and port only")
            }
        }
        let place = fields.place("singleSignOn")
        singleSignOn = SingleSignOn.decode(place)
        if let place, !fields.isGiven("url") {
            fields.conclude(
                .error,
                at: place,
                fromAbsenceOf: ["url"],
                "needs management.url, to which the provider sends people back",
                remedy: "add url: https://gateway.example.com"
            )
        }
    }
}

extension ManagementSettings {
    /// Reports what needs a store, when there is none.
    func reportLackOfStore(at place: Place) {
        let remedy = "name its file: state: sluice.db"
        if singleSignOn != nil {
            place.error("singleSignOn needs a store, which keeps accounts", remedy: remedy)
        }
        let idle = [
            accounts == AccountSettings() ? nil : "accounts",
            notices == NoticeSettings() ? nil : "notices",
        ].compactMap(\.self)
        if !idle.isEmpty {
            let verb = idle.count == 1 ? "has" : "have"
            place.warning(
                "\(idle.joined(separator: " and ")) \(verb) no effect without a store",
                remedy: remedy
            )
        }
    }
}

extension WebURL {
    /// The same without a slash at its end; `nil` if it has a path.
    fileprivate var origin: WebURL? {
        path.isEmpty ? self : path == "/" ? WebURL(String(text.dropLast())) : nil
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
