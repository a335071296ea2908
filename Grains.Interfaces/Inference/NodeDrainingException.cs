namespace OrleansLlm.Inference;

/// <summary>The node is stopping and has not begun with this request: it is to be started over on another one.</summary>
[GenerateSerializer, Alias("OrleansLlm.NodeDrainingException")]
public sealed class NodeDrainingException() : Exception("The node is stopping and takes on nothing new.");
