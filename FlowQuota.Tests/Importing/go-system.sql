-- The two tables as the Go system's dump has them, with the rows that its history left: plain-text tokens, times in the
-- server's zone (Asia/Shanghai), and what its own operations make that FlowQuota would not.

CREATE TABLE `access_tokens` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `ws_id` varchar(255) NOT NULL,
  `email` varchar(255) NOT NULL,
  `access_token` varchar(255) NOT NULL,
  `created_at` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  `expires_at` datetime DEFAULT NULL,
  `operation_type` enum('add','set','unlimited') NOT NULL DEFAULT 'unlimited',
  `is_active` tinyint(1) NOT NULL DEFAULT 1,
  `rate_limit_per_minute` int(11) DEFAULT NULL,
  `rate_limit_burst` int(11) DEFAULT NULL,
  `rate_limit_window_seconds` int(11) DEFAULT 60,
  `quota_type` enum('time','count','hybrid') NOT NULL DEFAULT 'time',
  `total_quota` int(11) DEFAULT NULL,
  `remaining_quota` int(11) DEFAULT NULL,
  `quota_synced_at` datetime DEFAULT NULL,
  `updated_at` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_access_token` (`access_token`),
  KEY `idx_ws_email` (`ws_id`,`email`),
  KEY `idx_quota_check` (`is_active`,`quota_type`,`remaining_quota`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `token_quota_logs` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `token` varchar(255) NOT NULL,
  `ws_id` varchar(255) NOT NULL,
  `email` varchar(255) NOT NULL,
  `quota_before` int(11) NOT NULL,
  `quota_after` int(11) NOT NULL,
  `quota_change` int(11) NOT NULL,
  `action` enum('init','consume','refund','recharge') NOT NULL,
  `request_id` varchar(255) DEFAULT NULL,
  `execution_success` tinyint(1) DEFAULT NULL,
  `execution_error_type` varchar(100) DEFAULT NULL,
  `execution_error_message` text DEFAULT NULL,
  `created_at` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`),
  KEY `idx_token_created` (`token`,`created_at`),
  KEY `idx_action_created` (`action`,`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

INSERT INTO `access_tokens`
  (`id`,`ws_id`,`email`,`access_token`,`created_at`,`expires_at`,`operation_type`,`is_active`,`rate_limit_per_minute`,`rate_limit_burst`,`rate_limit_window_seconds`,`quota_type`,`total_quota`,`remaining_quota`,`quota_synced_at`,`updated_at`)
VALUES
  (1,'ws_a','a@example.com','flow_00000000000000000000000000000001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-10-01 07:30:00',NULL,'unlimited',1,60,10,60,'count',10,7,'2026-11-20 18:00:00','2026-10-01 07:30:00'),
  (2,'ws_a','b@example.com','flow_00000000000000000000000000000002aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2025-01-05 09:00:00','2027-01-05 09:00:00','set',1,NULL,NULL,60,'time',NULL,NULL,NULL,'2025-01-05 09:00:00'),
  (3,'ws_b','c@example.com','flow_00000000000000000000000000000003aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-10-01 07:30:00','2026-11-01 00:00:00','add',1,NULL,NULL,NULL,'hybrid',100,100,NULL,'2026-10-01 07:30:00'),
  (4,'ws_b','d@example.com','flow_00000000000000000000000000000004aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-10-01 07:30:00',NULL,'unlimited',0,NULL,NULL,60,'count',50,50,NULL,'2026-10-02 07:30:00'),
  (5,'ws_c','e@example.com','flow_00000000000000000000000000000005aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-10-01 07:30:00',NULL,'unlimited',1,NULL,NULL,60,'count',10,25,NULL,'2026-10-01 07:30:00'),
  (6,'ws_c','f@example.com','flow_00000000000000000000000000000006aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-10-01 07:30:00',NULL,'unlimited',1,NULL,NULL,60,'count',10,-2,NULL,'2026-10-01 07:30:00'),
  (7,'ws_c','g@example.com','flow_00000000000000000000000000000007aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-10-01 07:30:00',NULL,'unlimited',1,NULL,NULL,60,'count',10,NULL,NULL,'2026-10-01 07:30:00'),
  (8,'ws_c','h@example.com','handmade-token','2026-10-01 07:30:00',NULL,'unlimited',1,NULL,NULL,60,'count',10,10,NULL,'2026-10-01 07:30:00'),
  (9,'ws_c','i@example.com','flow_00000000000000000000000000000009aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-10-01 07:30:00',NULL,'unlimited',1,0,NULL,60,'count',10,10,NULL,'2026-10-01 07:30:00'),
  (10,'ws_c','j@example.com','flow_0000000000000000000000000000000AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA','2026-10-01 07:30:00',NULL,'unlimited',1,NULL,NULL,60,'time',5,3,NULL,'2026-10-01 07:30:00');

INSERT INTO `token_quota_logs`
  (`id`,`token`,`ws_id`,`email`,`quota_before`,`quota_after`,`quota_change`,`action`,`request_id`,`execution_success`,`execution_error_type`,`execution_error_message`,`created_at`)
VALUES
  (101,'flow_00000000000000000000000000000001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','ws_a','a@example.com',0,10,10,'init',NULL,NULL,NULL,NULL,'2026-10-01 07:30:00'),
  (102,'flow_00000000000000000000000000000001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','ws_a','a@example.com',10,9,-1,'consume','5f0d7c1e-4f0e-4a57-9a0e-3d6f6a1b2c3d',1,NULL,NULL,'2026-11-19 23:59:59'),
  (105,'flow_00000000000000000000000000000001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','ws_a','a@example.com',8,7,-1,'consume','req 105/ä',0,'RuntimeError','no access for flow_00000000000000000000000000000001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, ask again','2026-11-20 17:59:00'),
  (106,'flow_00000000000000000000000000000002aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','ws_a','b@example.com',0,0,0,'consume','old',1,NULL,NULL,'2025-06-01 12:00:00'),
  (107,'flow_00000000000000000000000000000002aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','ws_a','b@example.com',0,0,0,'consume','of-the-future',1,NULL,NULL,'2026-11-25 12:00:00'),
  (108,'flow_00000000000000000000000000000007aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','ws_c','g@example.com',5,4,-1,'consume','of-a-refused-token',1,NULL,NULL,'2026-11-20 12:00:00'),
  (109,'flow_99999999999999999999999999999999aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','ws_z','z@example.com',5,4,-1,'consume','of-a-token-that-is-gone',1,NULL,NULL,'2026-11-20 12:00:00');
