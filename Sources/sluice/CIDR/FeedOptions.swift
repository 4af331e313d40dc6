import AddressFeeds
import ArgumentParser

/// Which entries of a cloud provider's list are used.
struct FeedOptions: ParsableArguments {
    @Option(
        name: .customLong("service"),
        help: "Use only this service of a cloud provider's list, such as EC2. Can be repeated."
    )
    var services: [String] = []

    @Option(
        name: .customLong("region"),
        help: "Use only this region of a cloud provider's list, such as eu-west-1. Can be repeated."
    )
    var regions: [String] = []

    var filter: FeedFilter { FeedFilter(services: services, regions: regions) }
}
