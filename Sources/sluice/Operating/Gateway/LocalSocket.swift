import Control
import Settings

/// The local socket of the gateway that a configuration file describes.
///
/// The one place that knows the file's keys for it, `management.socket` and `state`.
enum LocalSocket {
    /// `nil` for the standard one of its management address.
    static func path(for topology: Topology) -> String? { topology.localSocketPath }
}
