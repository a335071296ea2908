using System.Text.Json.Serialization;
using OrleansLlm.Grains.Backends;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Grains.Catalog;
using OrleansLlm.Grains.Conversations;
using OrleansLlm.Grains.Keys;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Grains.Responses;
using OrleansLlm.Grains.Sessions;
using OrleansLlm.Grains.Users;

namespace OrleansLlm.Grains;

/// <summary>The state of every grain that stores one, as the Embedded engine writes it. What is missing here cannot be stored by a native program.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(AccountIndexState))]
[JsonSerializable(typeof(AccountState))]
[JsonSerializable(typeof(BackendState))]
[JsonSerializable(typeof(CacheFlushState))]
[JsonSerializable(typeof(CatalogState))]
[JsonSerializable(typeof(ConversationListState))]
[JsonSerializable(typeof(ConversationState))]
[JsonSerializable(typeof(LimitState))]
[JsonSerializable(typeof(ResponseState))]
[JsonSerializable(typeof(ScopeIndexState))]
[JsonSerializable(typeof(SessionsState))]
[JsonSerializable(typeof(UserState))]
public sealed partial class StateJson : JsonSerializerContext;
