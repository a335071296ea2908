using System.Text.Json;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Responses;

namespace OrleansLlm.Tests.Rules.Doors;

public class OpenAiUsageTests
{
    /// <summary>What a cache has read and written is told clients of Anthropic's and of the Responses API, by whichever of its names the backend tells it.</summary>
    [Theory]
    [InlineData("""
        "prompt_tokens_details":{"cached_tokens":3,"cache_write_tokens":4}
        """, 3, 4)]
    [InlineData("""
        "prompt_tokens_details":{"cached_tokens":3,"cache_creation_tokens":4}
        """, 3, 4)]
    [InlineData("""
        "prompt_tokens_details":{"cached_tokens":3},"cache_creation_input_tokens":4,"cache_read_input_tokens":3
        """, 3, 4)]
    [InlineData("""
        "prompt_cache_hit_tokens":3,"prompt_cache_miss_tokens":7
        """, 3, 0)]
    [InlineData("""
        "prompt_tokens_details":null
        """, 0, 0)]
    public void WhatACacheHas_IsReadByAllItsNames(string told, long read, long written)
    {
        var usage = JsonElement.Parse("{\"prompt_tokens\":10,\"completion_tokens\":2," + told + "}");

        Assert.Equal(new OpenAiUsage(10, 2, read, written), OpenAiUsage.Read(usage));
        Assert.Equal(new ResponseUsage(10, read, written, 2, 0), ResponseUsage.Of(usage));
    }
}
