import Addresses
import CIDRTrie
import Policy
import Text
import Time
import Traffic

/// Explanations for people, a line for each listener: what `sluice explain` prints.
package struct ExplanationText: CustomStringConvertible {
    package let description: String

    package init(_ explanations: [AccessExplanation]) {
        let lines = explanations.map(Self.line)
        description =
            lines.isEmpty
            ? "no listener of the warehouse is reachable for this client\n" : lines.joined()
    }

    private static func line(_ explanation: AccessExplanation) -> String {
        let listener =
            "\(explanation.listener) (\(explanation.protocol.rawValue), "
            + "\(explanation.link.rawValue))"
        let verdict = explanation.verdict == .allow ? "allow" : "deny"
        let expired = explanation.expired.map { "; \(words(on: $0))" } ?? ""
        let header =
            explanation.requiresHeader && explanation.verdict == .allow
            ? ", if named by a load balancer in proxyProtocol.trusted" : ""
        return "\(verdict)  \(listener)  \(reason(for: explanation))\(header)\(expired)\n"
    }

    private static func words(on expired: AccessExplanation.ExpiredRule) -> String {
        let words = expired.description.map { " (\(LogText.harmless($0)))" } ?? ""
        return "the \(expired.action.rawValue) rule \(expired.rule)\(words) expired at"
            + " \(expired.expiredAt.rfc3339)"
    }

    private static func reason(for explanation: AccessExplanation) -> String {
        if let warehouse = explanation.leadsTo {
            let endpoint = explanation.endpoint.map { " through \($0)" } ?? ""
            return "clients\(endpoint) are routed to warehouse \(warehouse)"
        }
        if let rule = explanation.rule {
            let words = explanation.description.map { " (\(LogText.harmless($0)))" } ?? ""
            let end = explanation.expires.map { ", until \($0.rfc3339)" } ?? ""
            return "by rule \(rule)\(words)\(end)"
        }
        if let reason = explanation.reason {
            let message = explanation.message.map { ": \($0)" } ?? ""
            return "\(reason.rawValue)\(message)"
        }
        return explanation.endpoint.map { "by endpoint \($0)" } ?? "all addresses are admitted"
    }
}
