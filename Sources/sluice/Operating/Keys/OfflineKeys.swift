/// Keys made without a running gateway, in its store. To be filled: the store is not there yet.
struct OfflineKeys {
    /// Creates a key in the store of the gateway that `configuration` describes.
    ///
    /// - Parameter configuration: the path of the gateway's configuration file.
    /// - Throws: ``CommandFailure``.
    static func create(
        _ key: NewKey,
        configuration: String
    ) throws(CommandFailure) -> CreatedKey {
        throw CommandFailure(
            "cannot create a key while the gateway is not running (start it)",
            code: GatewayExit.unreachable
        )
    }
}
