import FoundationEssentials
package import Text

extension JSONValue {
    /// The JSON form of `value`.
    package init(encoding value: some Encodable) throws {
        try self.init(parsing: Array(JSONEncoder().encode(value)))
    }
}
