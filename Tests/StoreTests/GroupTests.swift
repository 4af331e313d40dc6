import Policy
import Testing

@testable import Store

@Suite("Address groups")
struct GroupTests {
    private let place: TestStore
    private let store: PolicyStore

    init() throws {
        place = try TestStore()
        store = try place.open()
        try store.write { transaction in
            _ = try transaction.importNew(from: .pair)
            try transaction.createGroup("offices", description: "")
            _ = try transaction.add([WhitelistEntry("10.0.0.0/8")], to: .group("offices"))
            try transaction.setGroups(["offices"], of: "W1")
            try transaction.setGroups(["offices", "offices"], of: "W2")
        }
    }

    private func texts(_ store: PolicyStore, of id: String) -> [String] {
        let lists = store.policy.policy(with: .pair)[id].whitelist.lists
        return lists.flatMap { $0.entries.map(\.entry.text) }
    }

    @Test("An entry of a group counts in each warehouse that has the group")
    func shared() throws {
        #expect(
            texts(store, of: "W1") == ["10.0.0.0/8"] && texts(store, of: "W2") == ["10.0.0.0/8"]
        )
        try store.write { try $0.add([WhitelistEntry("11.0.0.0/8")], to: .group("offices")) }
        #expect(texts(store, of: "W1").count == 2 && texts(store, of: "W2").count == 2)
        let lists = ["W1", "W2"].map { store.policy.policy(with: .pair)[$0].whitelist.lists[0] }
        #expect(lists[0] === lists[1])
        store.release()
        let again = try place.open(.open)
        #expect(texts(again, of: "W1").count == 2 && texts(again, of: "W2").count == 2)
    }

    @Test("A group that a warehouse no longer has counts in the others only")
    func detaching() throws {
        try store.write { try $0.setGroups([], of: "W1") }
        #expect(texts(store, of: "W1").isEmpty && texts(store, of: "W2") == ["10.0.0.0/8"])
        #expect(store.policy.warehouses["W1"]?.version == store.policy.revision.number)
        try store.write { try $0.setGroups([], of: "W2") }
        try store.write { try $0.removeGroup("offices") }
        #expect(store.policy.groups.isEmpty)
        store.release()
        let again = try place.open(.open)
        #expect(again.policy.groups.isEmpty && texts(again, of: "W2").isEmpty)
    }

    @Test("A group that was renamed is the same for its warehouses, after another start too")
    func renaming() throws {
        try store.write { try $0.renameGroup("offices", to: "sites") }
        store.release()
        let again = try place.open(.open)
        #expect(again.policy.groups.keys.sorted() == ["sites"])
        #expect(again.policy.warehouses["W2"]?.groups == ["sites"])
        #expect(texts(again, of: "W1") == ["10.0.0.0/8"])
    }

    @Test("A group made again after it was removed is empty")
    func again() throws {
        try store.write { transaction in
            try transaction.setGroups([], of: "W1")
            try transaction.setGroups([], of: "W2")
            try transaction.removeGroup("offices")
            try transaction.createGroup("offices", description: "new")
        }
        store.release()
        let group = try place.open(.open).policy.groups["offices"]
        #expect(group?.list.list.count == 0 && group?.description == "new")
    }
}
