import Testing

extension Trait where Self == ConditionTrait {
    /// Skips what needs networks of its own where none can be made, and says why.
    static var onlyWithNetworks: Self {
        .enabled(if: NetworkNamespace.obstacle == nil, "\(NetworkNamespace.obstacle ?? "")")
    }
}

extension NetworkNamespace {
    /// Why no network can be made here; `nil` where it can.
    fileprivate static let obstacle: String? = {
        do {
            try NetworkNamespace().connect("probe", to: NetworkNamespace(), "probe")
            return nil
        } catch {
            return "networks of their own take root, iproute2 and util-linux: \(error)"
        }
    }()
}
