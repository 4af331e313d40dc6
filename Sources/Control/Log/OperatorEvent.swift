package import Logging

/// Something that an operator should know, in a sentence that names cause and remedy.
package struct OperatorEvent: Hashable, Sendable {
    /// What it is about. Of one subject, the latest sentence counts.
    package var subject: String
    package var sentence: String
    package var level: Logger.Level

    package init(subject: String, sentence: String, level: Logger.Level) {
        self.subject = subject
        self.sentence = sentence
        self.level = level
    }
}
