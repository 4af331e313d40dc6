extension PathList {
    /// What front ends and back ends serve for each other and for their operators, on the port that
    /// clients also use: much of it without a login, or with one that any client can forge.
    ///
    /// Most paths were read in the servers' sources, in the files named below; versions differ, and some
    /// paths exist in some of them only. These were not, and may be misspelled or missing there:
    /// `/api/set_config`, `/api/clear_cache/*`, `/api/colocate/update_group`,
    /// `/api/colocate/group_unstable`, `/api/check_decommission`, `/api/_check_storagetype`,
    /// `/api/_meta_replay_state`, `/api/rowcount`, `/api/query_detail`, `/jeheap`, `/threadz`, and what
    /// Doris has below `/pprof`.
    ///
    /// What users, connectors and the web UI need is not here: loads,
    /// `/api/query`, `/api/backends`, `/api/bootstrap`, `/api/health`, `/api/connection`, `/api/meta/…`
    /// except a tablet's, the tables' `_schema`, `_count` and `_query_plan`, `/static` and `/rest`. Nor is
    /// `/api/_load_error_log`, which `ErrorURL` names.
    ///
    /// A path that could be a database's name (`/api/{db}/…`) is listed as a whole path only.
    public static let internals = PathList(
        always + frontEndImages + frontEndActions + backEndActions + backEndTablets + backEndPages
    )

    /// Doris, be/src/http/action/stream_load_forward_handler.cpp: relays to any address that the query
    /// names (apache/doris#64935).
    private static let always = ["/api/*/*/_stream_load_forward"]

    /// Doris, fe-core httpv2/meta/MetaService.java: the only check is a header in which the client says
    /// that it is a front end, and `/check` answers with the cluster's token. StarRocks, fe-core
    /// http/meta/MetaService.java.
    private static let frontEndImages = [
        "/image", "/info", "/version", "/put", "/journal_id", "/role", "/check", "/dump",
        "/dump_starmgr",
    ]

    /// Doris, fe-core httpv2/rest and httpv2/meta; StarRocks, fe-core http/rest and http/meta.
    private static let frontEndActions = [
        // Configuration and debugging.
        "/api/_set_config", "/api/set_config$", "/api/debug_point/add", "/api/debug_point/remove",
        "/api/debug_point/clear$", "/api/minidump$", "/api/trigger$", "/api/stop$",
        // Where tablets are, and statistics of the optimizer.
        "/api/colocate$", "/api/colocate/group_stable$", "/api/colocate/group_unstable$",
        "/api/colocate/bucketseq$", "/api/colocate/table_group$", "/api/colocate/update_group$",
        "/api/global_dict/table/enable$", "/api/_migration$", "/api/_check_storagetype$",
        "/api/check_decommission$", "/api/_meta_replay_state$",
        // The cluster's state, without a login unless enable_all_http_auth is set.
        "/api/show_meta_info$", "/api/show_runtime_info$", "/api/show_proc$", "/api/show_data$",
        "/api/show_table_data$", "/api/rowcount$", "/metrics",
        // Files, for holders of the cluster's token.
        "/api/get_log_file$", "/api/get_small_file$",
        // Statements and plans of others.
        "/api/query_detail$", "/api/query_dump$",
    ]

    /// Doris, be/src/service/http_service.cpp; StarRocks, be/src/service/service_be/http_service.cpp.
    private static let backEndActions = [
        "/api/update_config$", "/api/show_config$", "/api/glog/adjust$", "/api/pipeline/tracing$",
        "/api/_stop_be", "/api/shrink_mem$", "/api/clear_data_cache$", "/api/clear_cache/*",
        "/api/be_version_info$", "/api/be_process_thread_num$", "/api/load_streams$",
        "/api/running_pipeline_tasks$", "/api/running_pipeline_tasks/*$",
        "/api/query_pipeline_tasks/*$", "/api/pipeline_blocking_drivers/*$",
        "/api/check_rpc_channel/*/*/*$", "/api/reset_rpc_channel/*$", "/api/injection_point/*$",
        "/api/file_cache$", "/api/hotspot/tablet$", "/api/datacache/*$", "/api/query_cache/*$",
        "/api/jit_cache/*$", "/api/runtime_filter_cache/*$", "/api/proc_profile/*$",
        "/api/report/task$", "/api/report/tablet$", "/api/report/disk$",
    ]

    /// As ``backEndActions``: what reads, moves, repairs and deletes tablets and files.
    private static let backEndTablets = [
        "/api/_tablet", "/api/_download_load", "/api/_single_replica", "/api/_binlog",
        "/api/compaction/show$", "/api/compaction/run$", "/api/compaction/run_status$",
        "/api/compaction/show_repair$", "/api/compaction/submit_repair$",
        "/api/compaction/running$",
        "/api/compact$", "/api/compact_rocksdb_meta$", "/api/snapshot$", "/api/checksum$",
        "/api/reload_tablet$", "/api/restore_tablet$", "/api/tablet_migration$",
        "/api/tablets_distribution$", "/api/check_tablet_segment_lost$", "/api/pad_rowset$",
        "/api/calc_crc$", "/api/show_nested_index_file$", "/api/meta/header",
        "/api/cloudnative/dump_tablet_metadata",
    ]

    /// Doris and StarRocks, be/src/http/default_path_handlers.cpp and pprof_actions.cpp.
    private static let backEndPages = [
        "/pprof", "/jeheap", "/ioprofile", "/proc_profile", "/greplog", "/bvar_metrics", "/varz",
        "/memz", "/mem_tracker", "/heap", "/cpu", "/logs", "/log_files", "/threadz",
        "/tablets_json", "/tablets_page",
    ]
}
