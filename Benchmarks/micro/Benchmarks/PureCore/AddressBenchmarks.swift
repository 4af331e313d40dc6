import Addresses
import CIDRTrie

func measureAddresses() {
    measureReading()
    measureWriting()
    measureLists()
}

private func measureReading() {
    measure("Addresses: read IPv4", each: Sample.addresses(.v4).map(\.description)) {
        try IPAddress(parsing: $0)
    }
    measure("Addresses: read IPv6", each: Sample.addresses(.v6).map(\.description)) {
        try IPAddress(parsing: $0)
    }
    measure("Addresses: read an IPv4 block", each: Sample.blocks(.v4).map(\.description)) {
        try CIDRBlock(parsing: $0)
    }
    measure("Addresses: read an IPv6 block", each: Sample.blocks(.v6).map(\.description)) {
        try CIDRBlock(parsing: $0)
    }
    measure("Addresses: refuse host bits in a block", each: ["10.0.0.1/8"]) { text in
        refusal { try CIDRBlock(parsing: text) }
    }
}

private func measureWriting() {
    measure("Addresses: write IPv4", each: Sample.addresses(.v4)) { $0.description }
    measure("Addresses: write IPv6", each: Sample.addresses(.v6)) { $0.description }
}

private func measureLists() {
    let lines = Sample.blocks(.v4).map { "\($0)\n" }.joined()
    measureAlone("Addresses: read a list of 1,000 blocks", with: Array(lines.utf8)) { bytes in
        let list = CIDRList(parsing: bytes.span)
        require(list.rules.count == Sample.count, "a line was not read")
        return list
    }
}
