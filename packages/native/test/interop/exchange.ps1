# Exchanges messages between .NET's System.Messaging and this SDK, whose side is exchange.ts. Needs Windows PowerShell 5.1,
# Message Queuing and Node. Its queues begin with effect-msmq-interop-; they are deleted at the end, whatever happened.
$ErrorActionPreference = "Stop"
Add-Type -AssemblyName System.Messaging

$program = Join-Path $PSScriptRoot "program.ts"
$patience = [TimeSpan]::FromSeconds(20)
$names = "plain", "transactional", "acknowledgments"

# Windows PowerShell reads a script without a byte order mark in the code page of the system: no letter here is beyond ASCII.
$text = "Gr$([char]0xF6)$([char]0xDF)e <10> & $([char]0x5951)$([char]0x7D04)"

function Get-PathName([string] $name) { ".\private`$\effect-msmq-interop-$name" }

function Remove-Queues {
  foreach ($name in $names) {
    $path = Get-PathName $name
    if ([System.Messaging.MessageQueue]::Exists($path)) { [System.Messaging.MessageQueue]::Delete($path) }
  }
}

function Invoke-Sdk([string] $step) {
  node $program $step
  if ($LASTEXITCODE -ne 0) { throw "effect-msmq: $step ended with $LASTEXITCODE" }
}

function Assert-Equal($actual, $expected, [string] $what) {
  if ("$actual" -cne "$expected") { throw "$what is '$actual' instead of '$expected'" }
}

function New-Xml([Type] $type) { New-Object System.Messaging.XmlMessageFormatter (, [Type[]] @($type)) }

# The same as in exchange.ts, in the same order.
$samples = @(
  @{ Label = "XML string"; Formatter = (New-Xml ([string])); Value = [string] $text }
  @{ Label = "XML int"; Formatter = (New-Xml ([int])); Value = [int] -42 }
  @{ Label = "ActiveX string"; Formatter = (New-Object System.Messaging.ActiveXMessageFormatter); Value = [string] $text }
  @{ Label = "ActiveX int"; Formatter = (New-Object System.Messaging.ActiveXMessageFormatter); Value = [int] -42 }
  @{ Label = "ActiveX double"; Formatter = (New-Object System.Messaging.ActiveXMessageFormatter); Value = [double] 0.5 }
  @{ Label = "ActiveX bool"; Formatter = (New-Object System.Messaging.ActiveXMessageFormatter); Value = $true }
  @{ Label = "ActiveX bytes"; Formatter = (New-Object System.Messaging.ActiveXMessageFormatter); Value = [byte[]] (0, 1, 254, 255) }
)

function Open-Queue([string] $name) {
  $queue = New-Object System.Messaging.MessageQueue (Get-PathName $name)
  $queue.MessageReadPropertyFilter.SetAll()
  $queue
}

function New-Message([string] $label) {
  $message = New-Object System.Messaging.Message
  $message.Label = $label
  $message
}

function Send-Everything {
  $plain = Open-Queue "plain"
  foreach ($sample in $samples) {
    $message = New-Message $sample.Label
    $message.Formatter = $sample.Formatter
    $message.Body = $sample.Value
    $plain.Send($message)
  }
  $message = New-Message "acknowledged"
  $message.AdministrationQueue = Open-Queue "acknowledgments"
  $message.AcknowledgeType = [System.Messaging.AcknowledgeTypes] "FullReachQueue, FullReceive"
  $plain.Send($message)

  $transactional = Open-Queue "transactional"
  $transaction = New-Object System.Messaging.MessageQueueTransaction
  $transaction.Begin()
  $transactional.Send((New-Message "never"), $transaction)
  $transaction.Abort()
  $transaction = New-Object System.Messaging.MessageQueueTransaction
  $transaction.Begin()
  $transactional.Send((New-Message "first"), $transaction)
  $transactional.Send((New-Message "second"), $transaction)
  $transaction.Commit()
  Write-Output "ok - System.Messaging: send"
}

function Receive-Everything {
  $plain = Open-Queue "plain"
  foreach ($sample in $samples) {
    $message = $plain.Receive($patience)
    Assert-Equal $message.Label $sample.Label "the label"
    $message.Formatter = $sample.Formatter
    Assert-Equal ($message.Body -join ",") ($sample.Value -join ",") $sample.Label
    Assert-Equal ($message.Body.GetType()) ($sample.Value.GetType()) "the type of $($sample.Label)"
  }
  Assert-Equal ($plain.Receive($patience).Label) "acknowledged" "the label"
  Assert-Equal ($plain.GetAllMessages().Length) 0 "what is left in the plain queue"

  $transactional = Open-Queue "transactional"
  $transaction = New-Object System.Messaging.MessageQueueTransaction
  $transaction.Begin()
  $first = $transactional.Receive($patience, $transaction)
  $second = $transactional.Receive($patience, $transaction)
  $transaction.Commit()
  Assert-Equal "$($first.Label) $($first.IsFirstInTransaction) $($first.IsLastInTransaction)" "first True False" "the first"
  Assert-Equal "$($second.Label) $($second.IsFirstInTransaction) $($second.IsLastInTransaction)" "second False True" "the second"
  Assert-Equal $second.TransactionId $first.TransactionId "the transaction of the second"
  Assert-Equal ($transactional.GetAllMessages().Length) 0 "what is left in the transactional queue"
  Write-Output "ok - System.Messaging: receive"
}

function Receive-Acknowledgments {
  $queue = Open-Queue "acknowledgments"
  Assert-Equal ($queue.Receive($patience).Acknowledgment) "ReachQueue" "the first acknowledgment"
  Assert-Equal ($queue.Receive($patience).Acknowledgment) "Receive" "the second acknowledgment"
  Write-Output "ok - System.Messaging: acknowledged"
}

try {
  Remove-Queues
  foreach ($name in $names) {
    $queue = [System.Messaging.MessageQueue]::Create((Get-PathName $name), ($name -eq "transactional"))
    $queue.Close()
  }

  Send-Everything
  Invoke-Sdk "receive"
  Receive-Acknowledgments

  Invoke-Sdk "send"
  Receive-Everything
  Invoke-Sdk "acknowledged"
}
finally {
  # The queues can be deleted while they are cached as open.
  [System.Messaging.MessageQueue]::ClearConnectionCache()
  Remove-Queues
}
