import AddressFeeds
import ArgumentParser

/// What is taken of a cloud's published list.
struct FeedOptions: ParsableArguments {
    @Option(
        name: .customLong("service"),
        help: "Of a cloud's list take this service only, such as EC2; may be repeated."
    )
    var services: [String] = []

    @Option(
        name: .customLong("region"),
        help: "Of a cloud's list take this region only, such as eu-west-1; may be repeated."
    )
    var regions: [String] = []

    var filter: FeedFilter { FeedFilter(services: services, regions: regions) }
}
