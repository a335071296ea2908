# syntax=docker/dockerfile:1
# The gateway as one image. ENGINE=Embedded (default) for one machine, with its state in /data; ENGINE=Orleans for a cluster, whose state is in Redis.
ARG ENGINE=Embedded

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG ENGINE
WORKDIR /src
# What decides the packages, first: a change of the code does not fetch them again.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props NotThisEngine.targets .editorconfig BannedSymbols.txt ./
COPY Grains.Interfaces/Grains.Interfaces.csproj Grains.Interfaces/
COPY Grains/Grains.csproj Grains/
COPY Ledger/Ledger.csproj Ledger/
COPY Telemetry/Telemetry.csproj Telemetry/
COPY Providers/Providers.csproj Providers/
COPY Api/Api.csproj Api/
COPY Simulator/Simulator.csproj Simulator/
COPY Embedded/Embedded.csproj Embedded/
COPY Embedded.Generator/Embedded.Generator.csproj Embedded.Generator/
COPY Silo/Silo.csproj Silo/
# Compiled ahead for the machine of the image (ReadyToRun), as it is measured (docs/benchmarks.md): a start costs less, and the first requests do.
RUN dotnet restore Silo -p:Engine=$ENGINE --use-current-runtime -p:PublishReadyToRun=true
COPY . .
RUN dotnet publish Silo --no-restore -c Release -p:Engine=$ENGINE --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o /app && mkdir /state

# No shell, no package manager, glibc (the Embedded engine's SQLite has no musl build for arm64).
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
# Copied before the folder is the working one, which would be made for the base image's user: nobody who runs the program may change it.
COPY --from=build /app /app
WORKDIR /app
# $APP_UID is the base image's user without rights. /data is the Embedded engine's state file, and the ledger's.
COPY --from=build --chown=$APP_UID /state /data
VOLUME /data
# No arguments but variables: a command, as LiteLLM's users have one, replaces arguments. The configuration is here unless --config, CONFIG_FILE_PATH or
# LITELLM_CONFIG_PATH say otherwise. The port is the gateway's own to choose (PORT), and not ASP.NET's. Of Kerberos there is nothing in the image, and PostgreSQL's
# driver complained of that on the console at each start.
ENV HOST=0.0.0.0 DATA_DIR=/data DEFAULT_CONFIG_PATH=/etc/orleansllm/gateway.yaml ASPNETCORE_HTTP_PORTS= PGGSSENCMODE=disable
USER $APP_UID
EXPOSE 4000
# Live, not ready: a node that waits for Redis must not be restarted for it. Traffic follows /health/readiness.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["dotnet", "OrleansLlm.Silo.dll", "health"]
ENTRYPOINT ["dotnet", "OrleansLlm.Silo.dll"]
