import Settings

/// The local socket of the gateway that a configuration file describes.
///
/// The one place that knows the file's keys for it, `management.socket` and `state`.
enum LocalSocket {
    /// `nil` if the file has no store, and therefore no socket.
    static func path(for topology: Topology) -> String? { nil }
}
