import Text

/// How people sign in, and for how long.
///
///     accounts: { idle: 8h, maximum: 7d, secondFactor: required }
package struct AccountSettings: Hashable, Sendable {
    /// After this time without a request, a login ends.
    package var idle = Duration.seconds(8 * 3600)
    /// After this time a login ends, whatever happens.
    package var maximum = Duration.seconds(7 * 86_400)
    package var secondFactor = SecondFactorRule.optional

    /// Whether one-time codes are needed in addition to a password.
    package enum SecondFactorRule: String, Hashable, Sendable {
        case optional
        /// Whoever has none sets one up before anything else.
        case required
    }

    package init() {}

    private static let idleRange = Duration.seconds(60)...Duration.seconds(30 * 86_400)
    private static let maximumRange = Duration.seconds(60)...Duration.seconds(90 * 86_400)
}

extension AccountSettings {
    mutating func read(_ place: Place?) {
        _ = place?.mapping { fields in
            fields.read("idle", into: &idle, within: Self.idleRange)
            let longest = fields.read("maximum", into: &maximum, within: Self.maximumRange)
            if maximum < idle {
                longest?.warning(
                    "is shorter than idle, which then has no effect",
                    remedy: "write idle: \(maximum.configurationText) or less"
                )
            }
            fields.read("secondFactor", into: &secondFactor)
        }
    }
}

extension AccountSettings.SecondFactorRule: CaseIterable, ConfigurationWord {}
