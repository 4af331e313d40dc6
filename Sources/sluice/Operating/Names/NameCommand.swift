import ArgumentParser
import Control
import Settings
import Text

/// `sluice dns`: the names in the gateway's domain.
struct NameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dns",
        abstract: "Show the names in the gateway's domain, and update another name server.",
        subcommands: [List.self, Zone.self, Update.self],
        defaultSubcommand: List.self
    )

    /// What the gateway answers about its zone.
    struct ZoneView: Decodable, Sendable {
        struct Record: Decodable, Sendable {
            var name: String
            var ttl: Int
            var type: String
            var data: String
        }

        var domain: String
        var serial: Int
        var records: [Record]
        var file: String
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List names and what they resolve to."
        )

        @OptionGroup var management: ManagementOptions

        func run() async throws {
            try await management.gateway.show(.get("v1/dns/zone"), as: Self.text)
        }

        static func text(_ zone: ZoneView) -> String {
            let rows = zone.records.filter { $0.name != zone.domain }.map { record in
                [record.name, record.type, LogText.harmless(record.data), "\(record.ttl)s"]
            }
            guard !rows.isEmpty else { return "no names\n" }
            return Columns(["NAME", "TYPE", "VALUE", .number("TTL")], rows).description + "\n"
        }
    }

    struct Zone: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the zone as a file for any name server.",
            discussion: """
                Answers that depend on the client's network are not in the file. It is that of the \
                running gateway, or with --offline of the configuration file.
                """
        )

        @Flag(help: "Make it from the configuration file, without a running gateway.")
        var offline = false

        @OptionGroup var management: ManagementOptions

        func run() async throws {
            guard offline else {
                _ = try await management.gateway.show(.get("v1/dns/zone")) { (zone: ZoneView) in
                    zone.file
                }
                return
            }
            StandardOutput.print(try file(), terminator: "")
        }

        private func file() throws -> String {
            let path = management.config ?? ConfigurationLoader.standardPath()
            let loaded =
                path.map { ConfigurationLoader(readsTLSFiles: false).load(contentsOf: $0) }
                ?? ConfigurationLoader.withoutFile
            guard let configuration = loaded.configuration else {
                for line in loaded.lines { StandardError.print(line) }
                throw GatewayExit.configuration
            }
            guard let file = OfflineZone.file(configuration) else {
                StandardError.print("sluice: the configuration has no dns (see docs/names.md)")
                throw GatewayExit.configuration
            }
            if configuration.topology.policyAuthority == .store {
                StandardError.print(
                    "sluice: warning: endpoints are those of the file, not of the store"
                )
            }
            return file
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send all names to the other name server now (dns.update).",
            discussion: """
                The gateway does it by itself at its start and when names change. This waits for the \
                answer.
                """
        )

        struct Answer: Decodable, Sendable {
            var server: String
            var nameCount: Int
        }

        @OptionGroup var management: ManagementOptions

        func run() async throws {
            _ = try await management.gateway.show(ManagementRequest(.post, "v1/dns/update")) {
                (answer: Answer) in
                "name server \(answer.server) updated: \(answer.nameCount.of("name"))\n"
            }
        }
    }
}
