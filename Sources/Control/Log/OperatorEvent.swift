public import Logging

/// Something that an operator should know, in a sentence that names cause and remedy.
public struct OperatorEvent: Hashable, Sendable {
    /// What it is about. Of one subject, the latest sentence counts.
    public var subject: String
    public var sentence: String
    public var level: Logger.Level

    public init(subject: String, sentence: String, level: Logger.Level) {
        self.subject = subject
        self.sentence = sentence
        self.level = level
    }
}
