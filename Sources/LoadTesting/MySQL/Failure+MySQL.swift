internal import MySQLProtocol
internal import Traffic

extension Failure {
    /// In the server's own words.
    init(_ error: MySQLErrorPacket) {
        self.init(
            .serverError,
            "MySQL error \(error.code): \(error.message.prefix(300))",
            code: Int(error.code),
            isFatal: Self.repeatedErrors.contains(error.code)
        )
    }

    /// Errors that the same user, password and statement meet every time (MySQL, "Server Error
    /// Message Reference"; MariaDB, "MariaDB Error Codes"): wrong credentials, locked accounts,
    /// missing databases, tables and privileges, syntax. Not among them is "host not allowed"
    /// (1130), which a PROXY header of another client does not meet.
    private static let repeatedErrors: Set<UInt16> = [
        1043, 1044, 1045, 1046, 1049, 1054, 1064, 1065, 1142, 1143, 1146, 1149, 1227, 1251, 1305,
        1370, 1524, 1698, 1820, 1862, 3118, 3159, 4151,
    ]
}
