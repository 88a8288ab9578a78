using System.Net.Sockets;
using Garnet;
using Garnet.server;
using Garnet.server.Auth.Settings;
using Tsavorite.core;

namespace FlowQuota.SelfHost.Embedded;

/// <summary>
/// One run of Garnet over a folder. It listens on a Unix socket, runs each script in isolation on its keys, and commits
/// its log only in <see cref="CommitAsync"/>.
/// </summary>
/// <remarks>After a failed commit the log accepts no more writes; only another run over the same folder can continue.</remarks>
internal sealed class EmbeddedGarnet : GarnetServer
{
    private EmbeddedGarnet(GarnetServerOptions options)
        : base(options)
    {
    }

    /// <summary>Bytes that the next start has to replay.</summary>
    public long LogBytes => storeWrapper.AofSize();

    /// <summary>Recovers the content of the folder, as of the last commit, and listens.</summary>
    /// <param name="folder">The folder of the log and the checkpoints.</param>
    /// <param name="socket">The socket's path; only its owner may open it.</param>
    /// <param name="password">The password that clients must send.</param>
    /// <exception cref="Exception">The folder cannot be read or written, or its content is damaged.</exception>
    public static EmbeddedGarnet Start(string folder, string socket, string password)
    {
        var garnet = new EmbeddedGarnet(new GarnetServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(socket)],
            UnixSocketPath = socket,
            UnixSocketPermission = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            AuthSettings = new PasswordAuthenticationSettings(password),
            EnableLua = true,
            LuaOptions = new LuaOptions(),
            // Without the transaction mode, scripts are not isolated on their keys.
            LuaTransactionMode = true,
            EnableAOF = true,
            // -1: only our own commits. A commit in the middle of a script would let kill -9 keep half of that script.
            CommitFrequencyMs = -1,
            Recover = true,
            // The default is to continue with an empty store.
            FailOnRecoveryError = true,
            CheckpointDir = folder,
            // The native storage device needs a newer C library than long-lived distributions have.
            DeviceType = DeviceType.RandomAccess,
            DeviceFactoryCreator = new LocalStorageNamedDeviceFactoryCreator(deviceType: DeviceType.RandomAccess),
            // Garnet's defaults assume a dedicated server; use less memory. Earlier versions wrote the folder with these sizes.
            LogMemorySize = "256m",
            PageSize = "4m",
            IndexMemorySize = "16m",
            AofMemorySize = "32m",
            AofPageSize = "8m",
            QuietMode = true,
        });
        try
        {
            garnet.Start();
            return garnet;
        }
        catch
        {
            garnet.Dispose();
            throw;
        }
    }

    /// <summary>Begins a commit of everything that was written before; completes when a killed process can no longer lose it.</summary>
    /// <exception cref="Exception">The log cannot be written; the disk may be full.</exception>
    public async Task CommitAsync() => await Store.CommitAOFAsync(CancellationToken.None);

    /// <summary>Writes a checkpoint and drops the log before it. False if it failed; the log then stays as it is.</summary>
    public async Task<bool> TryCheckpointAsync() =>
        await storeWrapper.TakeCheckpointAsync(background: false) == CheckpointStatus.Success;
}
