import NameService
package import Settings
import Time

/// The zone of a configuration, without a gateway that runs.
package enum OfflineZone {
    /// The zone as a file (RFC 1035 §5); `nil` if the configuration has no `dns`.
    package static func file(_ configuration: GatewayConfiguration) -> String? {
        ZoneContents(configuration.topology, configuration.policy).map { contents in
            let now = UnixTime.systemTime.seconds
            return DNSZone(contents, serial: ZoneContents.serial(after: nil, now: now)).file
        }
    }
}
