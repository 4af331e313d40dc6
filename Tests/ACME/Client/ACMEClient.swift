import ACME
import Control
import FoundationEssentials
import Logging
import Settings
import Sockets
import Time

/// The gateway's ACME client without a gateway, for `Tests/ACME/run.py`:
///
///     ACMEClient CONFIGURATION
///
/// Obtains and renews certificates until SIGTERM. Answers to challenges, certificates and the state
/// are files in folders that the configuration names.
@main
struct ACMEClient {
    static func main() async throws {
        let path = CommandLine.arguments.dropFirst().first ?? "configuration.json"
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let configuration = try JSONDecoder().decode(ClientConfiguration.self, from: data)
        let settings = try configuration.settings
        let deadline = Duration.milliseconds(configuration.deadlineMs ?? 10_000)
        let files = ClientFiles(answers: configuration.answers, results: configuration.results)
        var seams = CertificateKeeper.Seams(
            transport: { ACMEHTTPTransport($0, deadline: deadline) },
            responder: files,
            receiver: files,
            clock: ACMEClock(now: { .systemTime })
        )
        seams.schedule.firstRetry = .seconds(configuration.firstRetry ?? 1)
        seams.schedule.rateLimitRetry = .seconds(configuration.rateLimitRetry ?? 3_600)
        let keeper = CertificateKeeper(
            settings,
            folder: configuration.folder,
            seams,
            logger: Logger(label: "acme")
        )
        await withTaskGroup { group in
            group.addTask { await keeper.run() }
            group.addTask { await files.report(keeper) }
            await group.waitForAll()
        }
    }
}

/// What the tests configure, in the words of the gateway's configuration.
struct ClientConfiguration: Decodable {
    struct Certificate: Decodable {
        var names: [String]
        var challenge: String
    }

    struct ExternalAccount: Decodable {
        var keyID: String
        var keyFile: String
    }

    var directoryURL: String
    var contact: [String]?
    var authorities: String?
    var keyType: String?
    var externalAccount: ExternalAccount?
    var certificates: [Certificate]
    var folder: String
    /// The folder for answers to challenges.
    var answers: String
    /// The folder for certificates and the state.
    var results: String
    /// In seconds.
    var firstRetry: Int?
    var rateLimitRetry: Int?
    var deadlineMs: Int?

    struct Invalid: Error {}

    var settings: ACMESettings {
        get throws {
            guard let directory = WebURL(directoryURL) else { throw Invalid() }
            let certificates = try certificates.map { certificate in
                guard let challenge = ACMESettings.Challenge(rawValue: certificate.challenge)
                else { throw Invalid() }
                return ACMESettings.Certificate(names: certificate.names, challenge: challenge)
            }
            var settings = ACMESettings(directory: directory, certificates: certificates)
            settings.contacts = contact ?? []
            settings.authorityFile = authorities
            settings.keyType = keyType.flatMap(ACMESettings.KeyType.init) ?? .ecdsaP256
            settings.externalAccount = externalAccount.map {
                .init(keyID: $0.keyID, keyFile: $0.keyFile)
            }
            return settings
        }
    }
}
