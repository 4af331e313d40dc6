import Addresses
import Store
import Time

@testable import Control
@testable import Store

extension Principal {
    /// Somebody with a key.
    static func holder(
        of role: Role,
        warehouses: Set<String>? = nil,
        address: IPAddress? = nil
    ) -> Principal {
        let key = APIKey(
            id: "k-\(role.rawValue)",
            name: "holder",
            role: role,
            warehouses: warehouses,
            createdAt: UnixTime(seconds: 1_795_428_000),
            createdBy: "root",
            expiresAt: nil,
            allowedSources: [],
            maskedSecret: "sk-a****aaaa",
            secretHash: []
        )
        return Principal(identity: .key(key), address: address)
    }
}
