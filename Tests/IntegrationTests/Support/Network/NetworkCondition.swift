import Foundation
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips what needs networks of its own where none can be made, and says why.
    static var onlyWithNetworks: Self {
        .enabled(
            if: NetworkNamespace.obstacle == nil,
            NetworkNamespace.obstacle.map(Comment.init(rawValue:))
        )
    }
}

extension NetworkNamespace {
    /// Why no network can be made here; `nil` where it can.
    fileprivate static let obstacle: String? = {
        do {
            let network = try NetworkNamespace()
            try network.connect("probe", to: NetworkNamespace(), "probe")
            try network.set("conf/all/rp_filter", to: 1)
            return nil
        } catch {
            let reason = "\(error)".trimmingCharacters(in: .whitespacesAndNewlines)
            return "networks of their own take root, iproute2 and util-linux: \(reason)"
        }
    }()
}
