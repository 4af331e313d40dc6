import Addresses
import Control
import Credentials
import Store

/// Keys made without a running gateway, in its store.
struct OfflineKeys {
    /// Creates a key in the store of the gateway that `configuration` describes.
    ///
    /// - Parameter configuration: the path of the gateway's configuration file.
    /// - Throws: ``CommandFailure``.
    static func create(
        _ key: NewKey,
        configuration: String
    ) throws(CommandFailure) -> CreatedKey {
        do throws(OfflineStore.Failure) {
            let store = try OfflineStore(configuration: configuration)
            let (created, secret) = try store.createKey(try key.description)
            return CreatedKey(key: KeyView(created), secret: secret.text)
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}

extension NewKey {
    fileprivate var description: KeyDescription {
        get throws(OfflineStore.Failure) {
            KeyDescription(
                name: name,
                role: role.stored,
                warehouses: warehouses.map { Set($0) },
                expiresAt: expiresAt,
                allowedSources: try blocks
            )
        }
    }

    private var blocks: [CIDRBlock] {
        get throws(OfflineStore.Failure) {
            do throws(AddressSyntaxError) {
                var blocks: [CIDRBlock] = []
                for text in allowedSources { blocks.append(try CIDRBlock(parsing: text)) }
                return blocks
            } catch {
                throw .refused(.invalid(field: "source", reason: error.description))
            }
        }
    }
}

extension KeyRole {
    fileprivate var stored: Role {
        switch self {
        case .lease: .lease
        case .read: .read
        case .operate: .operate
        case .administer: .administer
        }
    }
}

extension KeyView {
    fileprivate init(_ key: APIKey) {
        self.init(
            keyId: key.id,
            name: key.name,
            maskedKey: key.maskedSecret,
            role: key.role.rawValue,
            warehouses: key.warehouses?.sorted(),
            createdAt: key.createdAt,
            createdBy: key.createdBy,
            expiresAt: key.expiresAt,
            allowedSources: key.allowedSources.map(\.description)
        )
    }
}
