using OrleansLlm.Silo.CommandLine;

return await GatewayCommand.Create().Parse(args).InvokeAsync();
