package import Text

/// Many entries at once, with a preview.
package struct ImportPage: ConsolePage {
    package static let template = "import"

    package let title = "Import"
    package let events: String? = nil
    let warehouse: String
    let backPath: String
    let apiPath: String

    package init(warehouse: JSONValue) {
        let id = WarehouseName(warehouse)?.id ?? ""
        self.warehouse = id
        backPath = ConsolePath.warehouse(id) + "/public-link"
        apiPath = "/v1/warehouses/\(id.percentEncoded)/whitelist"
    }
}
