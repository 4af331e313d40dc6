import ACME
import FoundationEssentials
import Operations
import Sockets

/// Answers to challenges as `Tests/ACME/responders.py` reads them, and what was obtained.
struct ClientFiles: ChallengeResponder, CertificateReceiver {
    let answers: String
    let results: String

    private struct State: Codable {
        var certificates: [ManagedCertificate]
    }

    func publish(_ challenge: PublishedChallenge) async throws {
        switch challenge {
        case .http(let token, let keyAuthorization):
            try write(keyAuthorization, to: "\(answers)/http/\(token)")
        case .tlsALPN(let name, let certificatePEM, let keyPEM):
            try write(certificatePEM + keyPEM, to: "\(answers)/alpn/\(name).pem")
        case .dns(let name, let value):
            try FileManager.default.createDirectory(
                atPath: "\(answers)/dns/\(name)",
                withIntermediateDirectories: true
            )
            try write("", to: "\(answers)/dns/\(name)/\(value)")
        }
    }

    func withdraw(_ challenge: PublishedChallenge) async {
        switch challenge {
        case .http(let token, _): File.remove("\(answers)/http/\(token)")
        case .tlsALPN(let name, _, _): File.remove("\(answers)/alpn/\(name).pem")
        case .dns(let name, let value): File.remove("\(answers)/dns/\(name)/\(value)")
        }
    }

    func use(_ certificates: [ObtainedCertificate]) async {
        for certificate in certificates {
            let name = certificate.names[0]
            // `try?`: the test misses what is not there.
            try? write(certificate.chainPEM + certificate.keyPEM, to: "\(results)/\(name).pem")
        }
    }

    /// Writes the state again and again until the task is cancelled.
    func report(_ keeper: CertificateKeeper) async {
        while !Task.isCancelled {
            // `try?`: the test misses what is not there.
            if let data = try? JSONEncoder().encode(State(certificates: keeper.statuses)) {
                try? write(String(decoding: data, as: UTF8.self), to: "\(results)/state.json")
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func write(_ text: String, to path: String) throws {
        try File.replace(path, with: Array(text.utf8))
    }
}
