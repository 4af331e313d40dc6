import Text

/// Whom the gateway logs in as to set a warehouse's password.
package struct AdminLogin: Hashable, Sendable {
    package var user: String
    /// A file with its password, which the gateway replaces when the password is changed.
    package var passwordFile: String

    package init(user: String, passwordFile: String) {
        self.user = user
        self.passwordFile = passwordFile
    }
}

extension AdminLogin {
    private static let userLimit = 128

    /// Reads a warehouse's key `adminLogin`.
    static func decode(_ place: Place?) -> AdminLogin? {
        place?.mapping { fields in
            fields.guess = { entry in
                guard entry.key.lowercased() == "password" else { return nil }
                return KeyGuess(
                    keys: ["passwordFile"],
                    remedy:
                        "write the password to a file that only the gateway's user can read, and"
                        + " name it: passwordFile: /var/lib/sluice/admin-password"
                )
            }
            var user = "admin"
            if let place = fields.read("user", into: &user),
                user.isEmpty || user.utf8.count > userLimit
            {
                place.error("expected 1 to \(userLimit) bytes")
            }
            guard let file: String = fields.required("passwordFile") else { return nil }
            return AdminLogin(user: user, passwordFile: file)
        }
    }
}
