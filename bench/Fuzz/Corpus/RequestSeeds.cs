using System.Text;
using OrleansLlm.Providers;

namespace OrleansLlm.Bench.Fuzz.Corpus;

/// <summary>Requests that are served, for each kind of route; MODEL, UPSTREAM, and the names in angle brackets stand for what a run has.</summary>
internal static class RequestSeeds
{
    private const string Tool = """{"type":"function","function":{"name":"get_weather","description":"d","strict":true,"parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}""";

    /// <summary>By the end of a route's pattern; the first that fits.</summary>
    private static readonly (string End, byte[][] Bodies)[] ByRoute =
    [
        ("/chat/completions", [.. Utf8(
            """{"model":"MODEL","messages":[{"role":"user","content":"hi"}]}""",
            """{"model":"MODEL","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":"be kind"},{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk=","detail":"low"}}]}],"temperature":0.5,"top_p":0.9,"max_tokens":20,"n":1,"seed":7,"stop":["x"],"user":"ada"}""",
            """{"model":"MODEL","stream":true,"messages":[{"role":"user","content":"weather"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Bonn\"}"}}]},{"role":"tool","tool_call_id":"call_1","content":"21"}],"tools":[TOOL],"tool_choice":{"type":"function","function":{"name":"get_weather"}},"parallel_tool_calls":false,"metadata":{"a":"b"}}""",
            """{"model":"MODEL","messages":[{"role":"user","content":"json"}],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}},"logprobs":true,"top_logprobs":2,"logit_bias":{"5":1},"reasoning_effort":"low","max_completion_tokens":9,"frequency_penalty":0.1,"presence_penalty":-0.1}""",
            """{"model":"MODEL","messages":[{"role":"user","content":"x"}],"conversation_id":"fuzz","priority":3,"queue_timeout":5,"timeout":9,"stream_timeout":9,"num_retries":0,"fallbacks":[{"model":"MODEL","messages":[{"role":"user","content":"y"}]}],"max_fallbacks":1,"disable_fallbacks":false,"cache":{"use-cache":true,"ttl":60,"s-maxage":5,"namespace":"n","no-store":false,"no-cache":false}}""",
            """{"model":"MODEL","messages":[{"role":"user","content":"x"}],"fallbacks":["MODEL"],"context_window_fallbacks":[],"cache":{"no-cache":true}}"""),
            .. Golden(UpstreamOperation.Chat)]),
        ("/completions", [.. Utf8(
            """{"model":"MODEL","prompt":"once"}""",
            """{"model":"MODEL","prompt":["a",[1,2]],"stream":true,"suffix":"end","echo":true,"best_of":1,"logprobs":1,"max_tokens":5,"n":1,"stop":"x","stream_options":{"include_usage":true},"user":"ada"}"""), .. Golden(UpstreamOperation.Completion)]),
        ("/v1/messages/count_tokens", Messages()),
        ("/v1/messages", Messages()),
        ("/api/chat", Utf8(
            """{"model":"MODEL","messages":[{"role":"user","content":"hi"}]}""",
            """{"model":"MODEL","stream":false,"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi","images":["aGk="]},{"role":"assistant","content":"","thinking":"t","tool_calls":[{"function":{"name":"get_weather","arguments":{"city":"Bonn"}}}]},{"role":"tool","tool_name":"get_weather","content":"21"}],"tools":[TOOL],"format":{"type":"object"},"think":true,"keep_alive":"5m","options":{"temperature":0.5,"num_predict":5,"stop":["x"],"seed":1,"top_k":3,"num_ctx":1024},"logprobs":true,"top_logprobs":1}""",
            """{"model":"MODEL","messages":[],"keep_alive":0}""")),
        ("/api/generate", Utf8(
            """{"model":"MODEL","prompt":"hi"}""",
            """{"model":"MODEL","prompt":"hi","suffix":"x","images":["aGk="],"system":"s","template":"t","stream":true,"raw":true,"format":"json","think":"low","context":[1,2],"options":{"num_predict":3},"keep_alive":"1h"}""",
            """{"model":"MODEL"}""")),
        ("/api/embed", Utf8("""{"model":"MODEL","input":"a"}""", """{"model":"MODEL","input":["a","b"],"truncate":true,"dimensions":2,"options":{"num_ctx":5},"keep_alive":-1}""")),
        ("/api/embeddings", Utf8("""{"model":"MODEL","prompt":"a"}""", """{"model":"MODEL","prompt":"","options":{}}""")),
        ("/embeddings", [.. Utf8("""{"model":"MODEL","input":"a"}""", """{"model":"MODEL","input":[[1,2],[3]],"encoding_format":"base64","dimensions":2,"user":"ada"}"""), .. Golden(UpstreamOperation.Embedding)]),
        ("/api/show", Utf8("""{"model":"MODEL","verbose":true}""", """{"name":"MODEL"}""")),
        ("/input_tokens", Responses()),
        ("/responses", Responses()),
        ("/items", Utf8("""{"items":[{"type":"message","role":"user","content":"x"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"y","annotations":[]}]}]}""")),
        ("/conversations", Utf8("{}", """{"metadata":{"a":"b"},"items":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}]}""")),
        ("/conversations/{id}", Utf8("""{"metadata":{"a":"b"}}""")),
        ("/key/generate", Utf8(
            """{"key_alias":"k","models":["MODEL"],"duration":"30d","rpm_limit":100,"tpm_limit":1000,"max_parallel_requests":5,"max_budget":5,"soft_budget":4,"budget_duration":"30d","metadata":{"a":{"b":1}},"tags":["t"],"priority":3,"weight":2,"allow_user_field":true,"key_type":"llm_api","spend":1,"user_id":"fuzz-user","team_id":"fuzz-team"}""",
            """{"model_rpm_limit":{"MODEL":5},"model_tpm_limit":{"MODEL":500},"model_max_parallel_requests":{"MODEL":2},"key":"sk-fuzz-own","blocked":false,"permissions":{},"aliases":{}}""", "{}")),
        ("/key/update", Utf8("""{"key":"<key>","max_budget":7,"models":[],"metadata":{"x":1},"duration":"-1","team_id":null}""")),
        ("/key/{key}/reset_spend", Utf8("""{"reset_to":0}""", "{}")),
        ("/regenerate", Utf8("""{"key":"sk-fuzz-none","duration":"1d","grace_period":"5s"}""", "{}")),
        ("/key/delete", Utf8("""{"keys":["sk-fuzz-own","sk-none"]}""", """{"key_aliases":["none"]}""")),
        ("/key/block", Utf8("""{"key":"sk-fuzz-own"}""")),
        ("/key/unblock", Utf8("""{"key":"sk-fuzz-own"}""")),
        ("/user/new", Utf8("""{"user_id":"fuzz-user","user_alias":"u","user_email":"a@b.c","user_role":"internal_user","teams":["fuzz-team"],"max_budget":9,"budget_duration":"1d","models":["MODEL"],"auto_create_key":true}""", "{}")),
        ("/user/update", Utf8("""{"user_id":"fuzz-user","max_budget":3,"rpm_limit":5}""")),
        ("/user/delete", Utf8("""{"user_ids":["fuzz-user","nobody"]}""")),
        ("/user/block", Utf8("""{"user_id":"fuzz-user","user_ids":["fuzz-user"]}""")),
        ("/user/unblock", Utf8("""{"user_id":"fuzz-user","user_ids":["fuzz-user"]}""")),
        ("/team/new", Utf8("""{"team_id":"fuzz-team","team_alias":"t","models":[],"max_budget":9,"tpm_limit":5,"metadata":{},"organization_id":"o"}""", "{}")),
        ("/team/update", Utf8("""{"team_id":"fuzz-team","blocked":false,"rpm_limit":5}""")),
        ("/team/member_add", Utf8("""{"team_id":"fuzz-team","member":[{"role":"user","user_id":"fuzz-user"},{"role":"admin","user_email":"a@b.c"}]}""")),
        ("/team/member_update", Utf8("""{"team_id":"fuzz-team","user_id":"fuzz-user","role":"admin"}""")),
        ("/team/member_delete", Utf8("""{"team_id":"fuzz-team","user_email":"a@b.c"}""")),
        ("/team/delete", Utf8("""{"team_ids":["fuzz-team"]}""")),
        ("/team/block", Utf8("""{"team_id":"fuzz-team"}""")),
        ("/team/unblock", Utf8("""{"team_id":"fuzz-team"}""")),
        ("/model/new", Utf8("""{"model_name":"fuzz-new","litellm_params":{"model":"openai/x","api_base":"UPSTREAM","api_key":"k","rpm":5,"weight":1,"order":1,"timeout":5,"input_cost_per_token":0.1,"extra_headers":{"a":"b"},"max_parallel_requests":5},"model_info":{"id":"fuzz-new","max_input_tokens":100}}""")),
        ("/model/update", Utf8("""{"model_name":"fuzz-new","litellm_params":{"model":"ollama_chat/x","api_base":"UPSTREAM"},"model_info":{"id":"fuzz-new"}}""")),
        ("/model/delete", Utf8("""{"id":"fuzz-new"}""")),
        ("/backend/new", Utf8("""{"api_base":"http://127.0.0.1:1/","models":["fuzz-a","fuzz-b"],"slots":2,"max_queue":5,"queue_timeout":3,"lease":15,"health_interval":0}""")),
        ("/backend/delete", Utf8("""{"backend":"http://127.0.0.1:1"}""")),
        ("/backend/drain", Utf8("""{"backend":"SPARE"}""")),
        ("/backend/undrain", Utf8("""{"backend":"SPARE"}""")),
        ("/backend/reset", Utf8("""{"backend":"SPARE"}""")),
        ("/cache/delete", Utf8("""{"keys":["a","b"]}""")),
    ];

    private static readonly byte[][] Unknown = Utf8("{}", """{"id":"x","model":"MODEL","name":"n","keys":["a"],"data":{"a":[1,2,{"b":null}]}}""");

    /// <summary>A route that is not in the table, because it is new, is sent something all the same.</summary>
    public static byte[][] For(string pattern)
    {
        foreach (var (end, bodies) in ByRoute)
        {
            if (pattern.EndsWith(end, StringComparison.Ordinal)) return bodies;
        }

        return Unknown;
    }

    private static byte[][] Messages() => Utf8(
        """{"model":"MODEL","max_tokens":20,"messages":[{"role":"user","content":"hi"}]}""",
        """{"model":"MODEL","max_tokens":20,"stream":true,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"title":"t"}]}],"temperature":0.5,"top_k":3,"top_p":0.5,"stop_sequences":["x"],"metadata":{"user_id":"ada"},"service_tier":"auto"}""",
        """{"model":"MODEL","max_tokens":2000,"stream":true,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"user","content":"w"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"x"},{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"city":"Bonn"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":false,"content":[{"type":"text","text":"21"},{"type":"image","source":{"type":"url","url":"http://127.0.0.1/x.png"}}]}]}],"tools":[{"name":"get_weather","description":"d","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"tool","name":"get_weather","disable_parallel_tool_use":true}}""");

    private static byte[][] Responses() => Utf8(
        """{"model":"MODEL","input":"hello"}""",
        """{"model":"MODEL","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"},{"type":"input_image","image_url":"data:image/png;base64,aGk=","detail":"auto"}]},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"t"}]},{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"o"},{"type":"custom_tool_call","call_id":"c2","name":"p","input":"i"},{"type":"custom_tool_call_output","call_id":"c2","output":"o"},{"type":"item_reference","id":"msg_1"}],"stream":true,"instructions":"be kind","tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true},{"type":"custom","name":"p","format":{"type":"text"}},{"type":"web_search"}],"tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":true,"max_output_tokens":9,"metadata":{"a":"b"},"temperature":1,"top_p":1,"text":{"format":{"type":"json_schema","name":"s","schema":{"type":"object"},"strict":true},"verbosity":"low"},"reasoning":{"effort":"low","summary":"auto"},"include":["reasoning.encrypted_content"],"truncation":"auto","user":"ada"}""",
        """{"model":"MODEL","input":"go on","previous_response_id":"<response>","store":true}""",
        """{"model":"MODEL","input":"go on","conversation":"<conversation>","stream":true}""",
        """{"model":"MODEL","input":"go on","conversation":{"id":"<conversation>"},"store":false}""",
        """{"model":"MODEL","input":"later","background":true,"stream":true}""",
        """{"model":"MODEL","input":"later","background":true}""");

    private static IEnumerable<byte[]> Golden(UpstreamOperation operation) => AnswerSeed.Asks(operation).Select(body => Encoding.UTF8.GetBytes("{\"model\":\"MODEL\"," + body.TrimStart()[1..]));

    private static byte[][] Utf8(params string[] texts) => [.. texts.Select(t => Encoding.UTF8.GetBytes(t.Replace("TOOL", Tool, StringComparison.Ordinal)))];
}
