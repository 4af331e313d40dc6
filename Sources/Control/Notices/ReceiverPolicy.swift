import Addresses
import Sockets
import Traffic

/// Which addresses notices may be sent to: none that only this machine, or something that trusts it,
/// should reach (OWASP: server-side request forgery).
///
/// It is asked about the very address that is connected to, so that a name cannot change its mind in
/// between.
struct ReceiverPolicy: Sendable {
    /// Those that may be used all the same.
    let allowed: [CIDRBlock]
    /// Whether an address is one of this machine's.
    var isThisMachine: @Sendable (IPAddress) -> Bool = Routing.isThisMachine

    /// - Returns: what the address is, after "it is"; `nil` if it may be used.
    func refusal(of ip: IPAddress) -> String? {
        let ip = ip.unmapped
        if allowed.contains(where: { $0.contains(ip) }) { return nil }
        if let word = Self.word(for: ip) { return word }
        var forms = [ip]
        if case .v6(let v6) = ip, let inner = v6.embeddedIPv4 { forms.append(.v4(inner)) }
        return forms.contains(where: isThisMachine) ? "an address of the gateway's machine" : nil
    }

    private static func word(for ip: IPAddress) -> String? {
        switch BackendAddressPolicy.refusal(of: ip) {
        case .loopback: return "a loopback address"
        case let refusal?: return refusal.description
        case nil: break
        }
        guard case .v6(let v6) = ip else { return nil }
        return unusual.first { $0.contains(.v6(v6)) }.map { _ in
            "an address that others may translate into one of this network"
        }
    }

    /// Where an IPv4 address may be hidden in another form than ``/Traffic`` knows: local-use
    /// translation (RFC 8215), Teredo (RFC 4380), stateless translation (RFC 2765), and site-local
    /// addresses (RFC 3879).
    private static let unusual = [
        CIDRBlock(
            containing: .v6(IPv6Address(high: 0x0064_ff9b_0001_0000, low: 0)),
            prefixLength: 48
        ),
        CIDRBlock(containing: .v6(IPv6Address(high: 0x2001_0000 << 32, low: 0)), prefixLength: 32),
        CIDRBlock(containing: .v6(IPv6Address(high: 0, low: 0xffff_0000 << 32)), prefixLength: 96),
        CIDRBlock(containing: .v6(IPv6Address(high: 0xfec0 << 48, low: 0)), prefixLength: 10),
    ]
}
