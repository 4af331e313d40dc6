import Foundation

/// TLS clients of `Tests/TLSClients/tls.py`.
enum PythonTLS {
    /// Runs a command of the script, and reads the line of JSON that it prints.
    static func run<Result: Decodable>(
        _ command: String,
        to endpoint: Endpoint,
        name: String,
        trusting authority: CertificateAuthority,
        _ arguments: String...,
        as type: Result.Type = Result.self
    ) throws -> Result {
        let result = try runProgram(
            "python3",
            [
                Programs.testFile("TLSClients/tls.py"), command, "\(endpoint)", name,
                authority.certificate,
            ] + arguments.filter { !$0.isEmpty },
            within: .seconds(110)
        )
        guard result.status == 0 else { throw HarnessError(result.errorOutput) }
        return try JSONDecoder().decode(type, from: Data(result.output.utf8))
    }
}
