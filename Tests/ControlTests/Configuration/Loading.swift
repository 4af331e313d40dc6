import CIDRTrie
import Control
import Settings
import Time

/// What the loader makes of a configuration's text, with these files beside it.
func load(
    _ yaml: String,
    files: [String: String] = [:],
    by loader: ConfigurationLoader = testLoader
) throws -> LoadedConfiguration {
    let folder = try TemporaryFolder(files.merging(["sluice.yaml": yaml]) { _, new in new })
    return loader.load(contentsOf: folder.path(of: "sluice.yaml"))
}

/// On 2026-01-01.

let testLoader = ConfigurationLoader(now: { UnixTime(seconds: 1_767_225_600) })
/// As `sluice check` does it.
let checkingLoader = ConfigurationLoader(triesFiles: true)

extension LoadedConfiguration {
    /// `line:column path`, for each finding.
    var places: [String] {
        findings.map { finding in
            let position = finding.position.map { "\($0.line):\($0.column)" } ?? "-"
            return finding.path.isEmpty ? position : "\(position) \(finding.path)"
        }
    }

    var messages: [String] { findings.map(\.message) }
}
