internal import MySQLProtocol
internal import Traffic

/// Why a MySQL server's bytes end a connection.
enum MySQLFault: Error, Equatable {
    case wire(MySQLWireError)
    /// It wants a login that is not spoken here.
    case unknownPlugin(String)
    /// `caching_sha2_password` without TLS, before the server has seen the password once.
    case needsPublicKey
    case badPublicKey
}

extension MySQLFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .wire(let error):
            "\(error)"
        case .unknownPlugin(let name):
            "a request for the authentication plugin \"\(name)\", which is not supported; use an "
                + "account with mysql_native_password or caching_sha2_password"
        case .needsPublicKey:
            "a request for the password itself (caching_sha2_password without TLS); use "
                + "--get-server-public-key to encrypt it with the server's key"
        case .badPublicKey:
            "an invalid public key"
        }
    }
}
