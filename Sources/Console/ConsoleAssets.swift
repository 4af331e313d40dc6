import Checksums

/// The files that pages load. Their folder is named after what is in them, so that browsers may keep
/// them for as long as they like.
package struct ConsoleAssets: Sendable {
    package struct Asset: Sendable {
        package let type: String
        package let bytes: [UInt8]
    }

    private let assets: [String: Asset]
    /// The path of the folder, without a slash at its end.
    package let folder: String

    init() {
        var assets: [String: Asset] = [:]
        var checksum = CRC32C()
        for (name, bytes) in Self.sources {
            let type = Self.types[name.split(separator: ".").last.map { String($0) } ?? ""] ?? ""
            assets[name] = Asset(type: type, bytes: bytes)
            for byte in bytes { checksum.update(byte) }
        }
        self.assets = assets
        folder = "/console/assets/" + String(checksum.value, radix: 16)
    }

    /// - Parameter path: as in a request.
    package subscript(path: String) -> Asset? {
        guard path.hasPrefix(folder + "/") else { return nil }
        return assets[String(path.dropFirst(folder.count + 1))]
    }

    private static let types = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    ]

    private static let sources: [(name: String, bytes: [UInt8])] = [
        ("account.js", PackageResources.account_js), ("api.js", PackageResources.api_js),
        ("appearance.js", PackageResources.appearance_js),
        ("bulk.js", PackageResources.bulk_js),
        ("console.css", PackageResources.console_css),
        ("console.js", PackageResources.console_js), ("copy.js", PackageResources.copy_js),
        ("dialogs.js", PackageResources.dialogs_js), ("forms.js", PackageResources.forms_js),
        ("icon.svg", PackageResources.icon_svg), ("import.js", PackageResources.import_js),
        ("keys.js", PackageResources.keys_js),
        ("live.js", PackageResources.live_js), ("regions.js", PackageResources.regions_js),
        ("sign-in.js", PackageResources.sign_in_js), ("tables.js", PackageResources.tables_js),
        ("theme.js", PackageResources.theme_js), ("times.js", PackageResources.times_js),
        ("toasts.js", PackageResources.toasts_js), ("undo.js", PackageResources.undo_js),
    ]
}
