/// Why there is no page.
package struct FailurePage: ConsolePage {
    package static let template = "failure"

    package let title: String
    package let events: String? = nil
    let sentence: String
    let startPath = ConsolePath.root

    /// - Parameters:
    ///   - status: of the API's answer.
    ///   - message: of the same.
    package init(status: Int, message: String) {
        switch status {
        case 403: title = "Not allowed"
        case 404: title = "Not found"
        default: title = "Not available"
        }
        sentence = message.prefix(1).uppercased() + message.dropFirst()
    }
}
