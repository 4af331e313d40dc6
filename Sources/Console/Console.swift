import Mustache
import Text

/// The pages of the console, as text: what they show comes from the API's answers.
///
///     let console = try Console()
///     let html = console.html(of: PublicLinkPage(…))
package struct Console: Sendable {
    private let templates: MustacheLibrary
    /// What pages load.
    package let assets = ConsoleAssets()

    /// - Throws: if a template is not one, which no build with tests has.
    package init() throws {
        MustacheContentTypes.register(EscapedHTML(), named: EscapedHTML.name)
        var templates = MustacheLibrary()
        for (name, bytes) in Self.sources {
            let text = String(decoding: bytes, as: UTF8.self)
            try templates.register("{{% CONTENT_TYPE:\(EscapedHTML.name)}}" + text, named: name)
        }
        self.templates = templates
    }

    /// A whole page, with its frame.
    package func html(of page: some ConsolePage, in frame: Frame) -> String {
        var values = Values(of: page)
        values["frame"] = Values(of: frame)
        values["assets"] = assets.folder
        values["events"] = frame.followed(page.events)
        return render(values, type(of: page).template)
    }

    /// The page to sign in, which has none.
    package func html(of page: SignInPage) -> String {
        render(Values(of: page.values(assets: assets.folder)), "sign-in")
    }

    private func render(_ value: Any, _ template: String) -> String {
        templates.render(value, withTemplate: template) ?? ""
    }

    static let sources: [(name: String, bytes: [UInt8])] = [
        ("account", PackageResources.account_mustache),
        ("activity", PackageResources.activity_mustache),
        ("copied", PackageResources.copied_mustache),
        ("copy-icon", PackageResources.copy_icon_mustache),
        ("denials", PackageResources.denials_mustache),
        ("drawing-inbound", PackageResources.drawing_inbound_mustache),
        ("drawing-outbound", PackageResources.drawing_outbound_mustache),
        ("entry-fields-add", PackageResources.entry_fields_add_mustache),
        ("explain", PackageResources.explain_mustache),
        ("failure", PackageResources.failure_mustache),
        ("import", PackageResources.import_mustache),
        ("inbound", PackageResources.inbound_mustache),
        ("mark", PackageResources.mark_mustache),
        ("outbound", PackageResources.outbound_mustache),
        ("overview", PackageResources.overview_mustache),
        ("page", PackageResources.page_mustache),
        ("picture", PackageResources.picture_mustache),
        ("private-link", PackageResources.private_link_mustache),
        ("public-link", PackageResources.public_link_mustache),
        ("role-field", PackageResources.role_field_mustache),
        ("secret-dialog", PackageResources.secret_dialog_mustache),
        ("sessions", PackageResources.sessions_mustache),
        ("settings-accounts", PackageResources.settings_accounts_mustache),
        ("settings-gateway", PackageResources.settings_gateway_mustache),
        ("settings-keys", PackageResources.settings_keys_mustache),
        ("settings-nav", PackageResources.settings_nav_mustache),
        ("settings-notices", PackageResources.settings_notices_mustache),
        ("sign-in", PackageResources.sign_in_mustache),
        ("time", PackageResources.time_mustache),
        ("username", PackageResources.username_mustache),
        ("value", PackageResources.value_mustache),
        ("ends-in", PackageResources.ends_in_mustache),
    ]
}

/// What a page shows: its template reads the properties by their names.
package protocol ConsolePage: Sendable {
    /// Of the template.
    static var template: String { get }
    /// Of the browser's window.
    var title: String { get }
    /// The events upon which it is rendered again, as `GET /v1/events` names them; `nil` for none.
    var events: String? { get }
}

/// Properties by their names, as templates read them: each value is reflected on once, and not for
/// each name that is looked up.
private struct Values: MustacheParent {
    private var members: [String: Any] = [:]

    /// - Parameter value: a structure.
    init(of value: Any) {
        for (label, member) in Mirror(reflecting: value).children {
            if let label { members[label] = Self.present(member) }
        }
    }

    subscript(name: String) -> Any? {
        get { members[name] }
        set { members[name] = newValue }
    }

    func child(named name: String) -> Any? { members[name] }

    /// - Returns: `nil` for an optional without a value: the name is then looked up further out.
    private static func present(_ value: Any) -> Any? {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.flatMap { present($0.value) }
        case .collection: return mirror.children.compactMap { present($0.value) }
        case .struct: return Values(of: value)
        default: return value
        }
    }
}

/// Escapes by Unicode scalars. The library's own escapes characters, of which a quote with a combining
/// mark is another one, and would end an attribute unescaped.
private struct EscapedHTML: MustacheContentType {
    static let name = "SLUICE"

    func escapeText(_ text: String) -> String { text.htmlEscaped }
}
